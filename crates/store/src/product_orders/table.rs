use sea_orm::entity::prelude::*;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_orders")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) partner_id: Uuid,
    pub(crate) environment: String,
    pub(crate) merchant_id: Uuid,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) upstream_key: String,
    pub(crate) generation: i32,
    pub(crate) key_set_id: Uuid,
    pub(crate) scheme: String,
    pub(crate) number: String,
    pub(crate) product_type: String,
    pub(crate) status: String,
    pub(crate) is_released: bool,
    pub(crate) is_unwanted: bool,
    pub(crate) request: Vec<u8>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) answer: Option<Vec<u8>>,
    pub(crate) vipps_id: Option<String>,
    pub(crate) msn: Option<String>,
    pub(crate) tries: i32,
    pub(crate) sent_at: Moment,
    pub(crate) due_at: Option<Moment>,
    pub(crate) fence: i64,
    pub(crate) lease_until: Option<Moment>,
    pub(crate) expires_at: Option<Moment>,
    pub(crate) checked_at: Option<Moment>,
    pub(crate) created_at: Moment,
    pub(crate) ended_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
