//! Which partner holds which sales unit, from when to when.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub partner_id: Uuid,
    pub environment: String,
    pub merchant_id: Uuid,
    pub sales_unit_id: Uuid,
    pub msn: String,
    pub name: String,
    pub state: String,
    pub credential_mode: String,
    pub profile_id: Option<Uuid>,
    pub orphans: String,
    pub live_from: Option<Moment>,
    pub ended_at: Option<Moment>,
    /// As this partner says it. Empty in rows of gateways that did not know the column.
    pub market: Option<String>,
    /// How far it is closed to money because the unit moves away.
    pub closing: Option<String>,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::sales_units::Entity",
        from = "Column::SalesUnitId",
        to = "super::sales_units::Column::Id"
    )]
    SalesUnit,
}

impl Related<super::sales_units::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SalesUnit.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
