//! Sales units on their way from one partner to another.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who asks.
    pub partner_id: Uuid,
    pub environment: String,
    pub assignment_id: Uuid,
    pub msn: String,
    /// Who holds the unit. Empty until the transfer begins, and where nobody held it.
    pub from_partner_id: Option<Uuid>,
    pub from_assignment_id: Option<Uuid>,
    pub stage: String,
    pub forced: bool,
    pub asked_at: Moment,
    pub drain_until: Option<Moment>,
    pub frozen_at: Option<Moment>,
    pub ended_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
