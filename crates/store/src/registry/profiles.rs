//! How the products of a partner name themselves to Vipps.

use domain::{Environment, PartnerId, ProductProfile, ProfileId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use time::OffsetDateTime;

use super::{Part, Registry, insert, one_changed, owner};
use crate::table::product_profiles::{Column, Entity, Model};
use crate::{Error, Scope, System};

const TABLE: &str = "product_profiles";

/// One product of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub id: ProfileId,
    pub partner: PartnerId,
    pub environment: Environment,
    /// Unique with the partner in the environment.
    pub name: String,
    pub product: ProductProfile,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

impl TryFrom<Model> for Profile {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, row.id)?;
        let product = ProductProfile::new(
            &row.system_name,
            &row.system_version,
            &row.plugin_name,
            &row.plugin_version,
        )
        .map_err(|_| Error::corrupt(TABLE, row.id))?;
        Ok(Self {
            id: ProfileId::from_uuid(row.id),
            partner,
            environment,
            name: row.name,
            product,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
        })
    }
}

impl From<&Profile> for Model {
    fn from(profile: &Profile) -> Self {
        let [system_name, system_version, plugin_name, plugin_version] =
            profile.product.headers().map(|(_, value)| value.to_owned());
        Self {
            id: profile.id.uuid(),
            partner_id: profile.partner.uuid(),
            environment: profile.environment.as_str().to_owned(),
            name: profile.name.clone(),
            system_name,
            system_version,
            plugin_name,
            plugin_version,
            created_at: profile.created_at.into(),
            updated_at: profile.updated_at.into(),
        }
    }
}

impl<M> System<'_, M> {
    pub async fn find_profile(&self, id: ProfileId) -> Result<Option<Profile>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Profile::try_from).transpose()
    }

    /// Oldest first; of one partner, or all.
    pub async fn list_profiles(&self, partner: Option<PartnerId>, part: Part) -> Result<Vec<Profile>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Profile::try_from).collect()
    }
}

impl<M> Scope<'_, M> {
    /// The partner's profiles in the environment, oldest first.
    pub async fn profiles(&self) -> Result<Vec<Profile>, Error> {
        let rows = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .order_by_asc(Column::Id)
            .all(self.conn())
            .await?;
        rows.into_iter().map(Profile::try_from).collect()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_product_profiles_name")`.
    pub async fn add_profile(&self, profile: &Profile) -> Result<(), Error> {
        insert::<Entity>(self.conn, profile.into()).await
    }

    /// # Errors
    /// `Duplicate("uq_product_profiles_name")`; [`Error::Stale`] when it is gone.
    pub async fn save_profile(&self, profile: &Profile) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(profile).into_active_model().reset_all())
            .filter(Column::Id.eq(profile.id.uuid()))
            .filter(Column::PartnerId.eq(profile.partner.uuid()))
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }

    /// # Errors
    /// [`Error::Stale`] when it is gone already; [`Error::Refused`] while a sales unit or a client uses it.
    pub async fn remove_profile(&self, id: ProfileId) -> Result<(), Error> {
        let removed = Entity::delete_by_id(id.uuid()).exec(self.conn).await?;
        if removed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}
