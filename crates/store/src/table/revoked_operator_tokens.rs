//! Operators' tokens that are not good any more although they have not expired.

use sea_orm::entity::prelude::*;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revoked_operator_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub iss: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub jti: String,
    pub revoked_at: Moment,
    pub until: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
