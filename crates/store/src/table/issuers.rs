//! Who may sign tokens for a partner, and what they may grant at most.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "issuers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub partner_id: Uuid,
    pub environment: String,
    pub iss: String,
    pub aud: String,
    pub jwks_url: Option<String>,
    pub jwks_inline: Option<String>,
    pub algorithms: String,
    pub scopes: String,
    pub msns: Option<String>,
    pub max_lifetime_seconds: i64,
    pub demands_at_jwt: bool,
    pub state: String,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
