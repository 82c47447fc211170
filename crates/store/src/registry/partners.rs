//! The tenants.

use domain::PartnerId;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use time::OffsetDateTime;

use super::{Part, Registry, insert, one_changed};
use crate::table::partners::{Column, Entity, Model};
use crate::{Error, System, table};

const TABLE: &str = "partners";

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    /// Unique in the gateway.
    pub name: String,
    pub state: PartnerState,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Whether a partner's tokens are good at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerState {
    Active,
    Suspended,
}

impl PartnerState {
    pub const ALL: [Self; 2] = [Self::Active, Self::Suspended];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

impl TryFrom<Model> for Partner {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        Ok(Self {
            id: PartnerId::from_uuid(row.id),
            state: table::named(
                &PartnerState::ALL,
                PartnerState::as_str,
                &row.state,
                TABLE,
                row.id,
            )?,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
            name: row.name,
        })
    }
}

impl From<&Partner> for Model {
    fn from(partner: &Partner) -> Self {
        Self {
            id: partner.id.uuid(),
            name: partner.name.clone(),
            state: partner.state.as_str().to_owned(),
            created_at: partner.created_at.into(),
            updated_at: partner.updated_at.into(),
        }
    }
}

impl<M> System<'_, M> {
    pub async fn find_partner(&self, id: PartnerId) -> Result<Option<Partner>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Partner::try_from).transpose()
    }

    pub async fn find_partner_by_name(&self, name: &str) -> Result<Option<Partner>, Error> {
        let row = Entity::find()
            .filter(Column::Name.eq(name))
            .one(self.conn())
            .await?;
        row.map(Partner::try_from).transpose()
    }

    /// Partners, oldest first.
    pub async fn list_partners(&self, part: Part) -> Result<Vec<Partner>, Error> {
        let rows = part.of(Entity::find(), Column::Id).all(self.conn()).await?;
        rows.into_iter().map(Partner::try_from).collect()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_partners_name")`.
    pub async fn add_partner(&self, partner: &Partner) -> Result<(), Error> {
        insert::<Entity>(self.conn, partner.into()).await
    }

    /// # Errors
    /// `Duplicate("uq_partners_name")`; [`Error::Stale`] when it is gone.
    pub async fn save_partner(&self, partner: &Partner) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(partner).into_active_model().reset_all())
            .filter(Column::Id.eq(partner.id.uuid()))
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }

    /// # Errors
    /// [`Error::Stale`] when it is gone already; [`Error::Refused`] while anything belongs to it.
    pub async fn remove_partner(&self, id: PartnerId) -> Result<(), Error> {
        let removed = Entity::delete_by_id(id.uuid()).exec(self.conn).await?;
        if removed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}
