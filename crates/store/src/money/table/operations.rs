use sea_orm::entity::prelude::*;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) partner_id: Uuid,
    pub(crate) environment: String,
    pub(crate) payment_id: Uuid,
    pub(crate) assignment_id: Uuid,
    pub(crate) msn: String,
    pub(crate) reference: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) currency: Option<String>,
    pub(crate) value: Option<i64>,
    pub(crate) idempotency_key: String,
    pub(crate) upstream_key: String,
    pub(crate) generation: i32,
    pub(crate) client_id: String,
    pub(crate) envelope: Vec<u8>,
    pub(crate) answer: Option<Vec<u8>>,
    pub(crate) release: Option<String>,
    pub(crate) in_doubt: bool,
    pub(crate) sends: i32,
    pub(crate) first_sent_at: Moment,
    pub(crate) last_sent_at: Moment,
    pub(crate) rounds: i32,
    pub(crate) missing: i32,
    pub(crate) next_step_at: Option<Moment>,
    pub(crate) created_at: Moment,
    pub(crate) settled_at: Option<Moment>,
    pub(crate) forgotten_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
