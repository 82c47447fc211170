//! What the last look at each sales unit found, and when the next one is due.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_checks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub assignment_id: Uuid,
    pub partner_id: Uuid,
    pub environment: String,
    pub key_set_id: Option<Uuid>,
    pub key_set_version: Option<i64>,
    pub trouble: Option<String>,
    pub since: Option<Moment>,
    pub checked_at: Option<Moment>,
    pub due_at: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
