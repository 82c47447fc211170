//! The businesses that are paid.

use domain::{Environment, MerchantId, PartnerId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use time::OffsetDateTime;

use super::{Part, Registry, insert, one_changed, owner};
use crate::table::merchants::{Column, Entity, Model};
use crate::{Error, Scope, System};

const TABLE: &str = "merchants";

/// A business, as one partner knows it in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    pub id: MerchantId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub name: String,
    /// As the country's register writes it. Unique with country, partner and environment.
    pub organisation_number: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

impl TryFrom<Model> for Merchant {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, row.id)?;
        Ok(Self {
            id: MerchantId::from_uuid(row.id),
            partner,
            environment,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
            name: row.name,
            organisation_number: row.organisation_number,
            country: row.country,
        })
    }
}

impl From<&Merchant> for Model {
    fn from(merchant: &Merchant) -> Self {
        Self {
            id: merchant.id.uuid(),
            partner_id: merchant.partner.uuid(),
            environment: merchant.environment.as_str().to_owned(),
            name: merchant.name.clone(),
            organisation_number: merchant.organisation_number.clone(),
            country: merchant.country.clone(),
            created_at: merchant.created_at.into(),
            updated_at: merchant.updated_at.into(),
        }
    }
}

impl<M> System<'_, M> {
    pub async fn find_merchant(&self, id: MerchantId) -> Result<Option<Merchant>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Merchant::try_from).transpose()
    }

    /// Oldest first; of one partner, or all.
    pub async fn list_merchants(
        &self,
        partner: Option<PartnerId>,
        part: Part,
    ) -> Result<Vec<Merchant>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Merchant::try_from).collect()
    }
}

impl<M> Scope<'_, M> {
    /// A merchant of this partner in this environment.
    pub async fn find_merchant(&self, id: MerchantId) -> Result<Option<Merchant>, Error> {
        let row = Entity::find_by_id(id.uuid())
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .one(self.conn())
            .await?;
        row.map(Merchant::try_from).transpose()
    }

    /// This partner's merchants after `after`, oldest first.
    pub async fn list_merchants(&self, after: Option<MerchantId>, most: u64) -> Result<Vec<Merchant>, Error> {
        let mut query = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .order_by_asc(Column::Id)
            .limit(most);
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Merchant::try_from).collect()
    }

    /// This partner's merchant with an organisation number.
    pub async fn find_organisation(&self, country: &str, number: &str) -> Result<Option<Merchant>, Error> {
        let row = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Country.eq(country))
            .filter(Column::OrganisationNumber.eq(number))
            .one(self.conn())
            .await?;
        row.map(Merchant::try_from).transpose()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_merchants_organisation")`.
    pub async fn add_merchant(&self, merchant: &Merchant) -> Result<(), Error> {
        insert::<Entity>(self.conn, merchant.into()).await
    }

    /// # Errors
    /// `Duplicate("uq_merchants_organisation")`; [`Error::Stale`] when it is gone.
    pub async fn save_merchant(&self, merchant: &Merchant) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(merchant).into_active_model().reset_all())
            .filter(Column::Id.eq(merchant.id.uuid()))
            .filter(Column::PartnerId.eq(merchant.partner.uuid()))
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }

    /// # Errors
    /// [`Error::Stale`] when it is gone already; [`Error::Refused`] while sales units are assigned to it.
    pub async fn remove_merchant(&self, id: MerchantId) -> Result<(), Error> {
        let removed = Entity::delete_by_id(id.uuid()).exec(self.conn).await?;
        if removed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}
