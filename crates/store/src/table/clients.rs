//! Those who fetch tokens at our own token endpoint.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub partner_id: Uuid,
    pub environment: String,
    pub name: String,
    pub jwks_inline: Option<String>,
    pub scopes: String,
    pub msns: Option<String>,
    pub token_lifetime_seconds: i64,
    pub profile_id: Option<Uuid>,
    pub state: String,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
