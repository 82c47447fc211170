//! Keys at Vipps, sealed.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_sets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub partner_id: Option<Uuid>,
    pub environment: String,
    pub kind: String,
    pub assignment_id: Option<Uuid>,
    pub state: String,
    pub version: i64,
    pub sealed: Vec<u8>,
    pub client_fingerprint: String,
    /// When the secrets of replaced keys were erased.
    pub erased_at: Option<Moment>,
    pub proven_at: Option<Moment>,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
