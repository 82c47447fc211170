use sea_orm::entity::prelude::*;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) partner_id: Uuid,
    pub(crate) environment: String,
    pub(crate) payment_id: Uuid,
    pub(crate) assignment_id: Uuid,
    pub(crate) msn: String,
    pub(crate) reference: String,
    pub(crate) status: String,
    pub(crate) fingerprint: String,
    pub(crate) currency: String,
    pub(crate) sum: i64,
    pub(crate) body: Vec<u8>,
    pub(crate) reason: Option<Vec<u8>>,
    pub(crate) tries: i32,
    pub(crate) next_try_at: Option<Moment>,
    pub(crate) fence: i64,
    pub(crate) lease_until: Option<Moment>,
    pub(crate) created_at: Moment,
    pub(crate) ended_at: Option<Moment>,
    pub(crate) forgotten_at: Option<Moment>,
    /// Beside the status `refused`: nobody tries any more, and why.
    pub(crate) abandoned: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
