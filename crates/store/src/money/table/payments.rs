use sea_orm::entity::prelude::*;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) partner_id: Uuid,
    pub(crate) environment: String,
    pub(crate) assignment_id: Uuid,
    pub(crate) msn: String,
    pub(crate) reference: String,
    pub(crate) presence: String,
    pub(crate) found_late: bool,
    pub(crate) state: String,
    pub(crate) currency: String,
    pub(crate) value: i64,
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) cancelled: i64,
    pub(crate) psp_reference: Option<String>,
    pub(crate) reading: Option<Vec<u8>>,
    pub(crate) reading_version: Option<i64>,
    pub(crate) created: Option<Vec<u8>>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) version: i64,
    pub(crate) busy_with: Option<Uuid>,
    pub(crate) owner: Option<Uuid>,
    pub(crate) fence: i64,
    pub(crate) lease_until: Option<Moment>,
    pub(crate) erased_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
