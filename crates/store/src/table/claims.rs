//! By what a partner has shown that a sales unit is its merchant's.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claims")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub assignment_id: Uuid,
    pub partner_id: Uuid,
    pub environment: String,
    pub proof: String,
    pub key_set_id: Option<Uuid>,
    pub actor: String,
    pub reason: String,
    pub proven_at: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
