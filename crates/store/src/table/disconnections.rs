//! Sales units that Vipps refuses with the keys they have.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "disconnections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub assignment_id: Uuid,
    pub partner_id: Uuid,
    pub environment: String,
    pub key_set_id: Uuid,
    pub key_set_version: i64,
    pub status: i16,
    pub because: String,
    pub since: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
