//! Tokens that are not good any more although they have not expired.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revoked_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub signer: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub jti: String,
    pub partner_id: Uuid,
    pub environment: String,
    pub revoked_at: Moment,
    pub until: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
