//! Those who fetch tokens at our own token endpoint.

use std::collections::BTreeSet;

use domain::{ClientId, Environment, Msn, PartnerId, ProfileId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use time::{Duration, OffsetDateTime};

use super::{Part, Registry, Standing, insert, one_changed, owner, words};
use crate::table::clients::{Column, Entity, Model};
use crate::{Error, System, table};

const TABLE: &str = "clients";

/// A client of our own issuer, bound to one partner in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ClientId,
    pub partner: PartnerId,
    pub environment: Environment,
    /// Unique with the partner in the environment.
    pub name: String,
    /// Public keys for `private_key_jwt`, as a JWK set.
    pub jwks: Option<String>,
    /// The ceiling of scopes.
    pub scopes: Vec<String>,
    /// The ceiling of sales units. Absent = all of the partner's.
    pub msns: Option<BTreeSet<Msn>>,
    pub token_lifetime: Duration,
    /// How the product behind this client names itself to Vipps; absent = as the sales unit says.
    pub profile: Option<ProfileId>,
    /// Suspended: its tokens are refused until it is active again.
    pub state: Standing,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

impl TryFrom<Model> for Client {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, row.id)?;
        Ok(Self {
            id: ClientId::from_uuid(row.id),
            partner,
            environment,
            name: row.name,
            jwks: row.jwks_inline,
            scopes: words::split(&row.scopes),
            msns: words::split_msns(row.msns.as_deref(), TABLE, row.id)?,
            token_lifetime: Duration::seconds(row.token_lifetime_seconds),
            profile: row.profile_id.map(ProfileId::from_uuid),
            state: table::named(&Standing::ALL, Standing::as_str, &row.state, TABLE, row.id)?,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
        })
    }
}

impl From<&Client> for Model {
    fn from(client: &Client) -> Self {
        Self {
            id: client.id.uuid(),
            partner_id: client.partner.uuid(),
            environment: client.environment.as_str().to_owned(),
            name: client.name.clone(),
            jwks_inline: client.jwks.clone(),
            scopes: words::join(&client.scopes),
            msns: words::join_msns(client.msns.as_ref()),
            token_lifetime_seconds: client.token_lifetime.whole_seconds(),
            profile_id: client.profile.map(ProfileId::uuid),
            state: client.state.as_str().to_owned(),
            created_at: client.created_at.into(),
            updated_at: client.updated_at.into(),
        }
    }
}

impl<M> System<'_, M> {
    pub async fn find_client(&self, id: ClientId) -> Result<Option<Client>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Client::try_from).transpose()
    }

    /// Oldest first; of one partner, or all.
    pub async fn list_clients(&self, partner: Option<PartnerId>, part: Part) -> Result<Vec<Client>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Client::try_from).collect()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_clients_name")`.
    pub async fn add_client(&self, client: &Client) -> Result<(), Error> {
        insert::<Entity>(self.conn, client.into()).await
    }

    /// # Errors
    /// `Duplicate("uq_clients_name")`; [`Error::Stale`] when it is gone.
    pub async fn save_client(&self, client: &Client) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(client).into_active_model().reset_all())
            .filter(Column::Id.eq(client.id.uuid()))
            .filter(Column::PartnerId.eq(client.partner.uuid()))
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }

    /// Removes the client with its secrets; its tokens end with the registry's new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is gone already.
    pub async fn remove_client(&self, id: ClientId) -> Result<(), Error> {
        let removed = Entity::delete_by_id(id.uuid()).exec(self.conn).await?;
        if removed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}
