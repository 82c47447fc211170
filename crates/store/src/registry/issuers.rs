//! Who may sign tokens for a partner.

use std::collections::BTreeSet;

use domain::{Environment, IssuerId, Msn, PartnerId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use time::{Duration, OffsetDateTime};

use super::{Part, Registry, Standing, insert, one_changed, owner, words};
use crate::table::issuers::{Column, Entity, Model};
use crate::{Error, System, table};

const TABLE: &str = "issuers";

/// An issuer of tokens: (`iss`, `aud`) is unique in the gateway and bound to one partner in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    pub id: IssuerId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub iss: String,
    pub aud: String,
    pub jwks: Jwks,
    /// `RS256`, `PS256`, `ES256`, `EdDSA`: which of its keys' algorithms are taken.
    pub algorithms: Vec<String>,
    /// The ceiling: what its tokens may be good for at most.
    pub scopes: Vec<String>,
    /// The ceiling of sales units. Absent = all of the partner's.
    pub msns: Option<BTreeSet<Msn>>,
    /// The longest time from `iat` to `exp`.
    pub max_lifetime: Duration,
    /// Whether the header must say `typ: at+jwt` (RFC 9068).
    pub demands_at_jwt: bool,
    /// Suspended: its tokens are refused until it is active again.
    pub state: Standing,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Where an issuer's public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jwks {
    Url(String),
    /// The JWK set itself, as JSON.
    Inline(String),
}

impl TryFrom<Model> for Issuer {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, row.id)?;
        let jwks = match (row.jwks_url, row.jwks_inline) {
            (Some(url), None) => Jwks::Url(url),
            (None, Some(inline)) => Jwks::Inline(inline),
            (Some(_), Some(_)) | (None, None) => return Err(Error::corrupt(TABLE, row.id)),
        };
        Ok(Self {
            id: IssuerId::from_uuid(row.id),
            partner,
            environment,
            iss: row.iss,
            aud: row.aud,
            jwks,
            algorithms: words::split(&row.algorithms),
            scopes: words::split(&row.scopes),
            msns: words::split_msns(row.msns.as_deref(), TABLE, row.id)?,
            max_lifetime: Duration::seconds(row.max_lifetime_seconds),
            demands_at_jwt: row.demands_at_jwt,
            state: table::named(&Standing::ALL, Standing::as_str, &row.state, TABLE, row.id)?,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
        })
    }
}

impl From<&Issuer> for Model {
    fn from(issuer: &Issuer) -> Self {
        let (jwks_url, jwks_inline) = match &issuer.jwks {
            Jwks::Url(url) => (Some(url.clone()), None),
            Jwks::Inline(inline) => (None, Some(inline.clone())),
        };
        Self {
            id: issuer.id.uuid(),
            partner_id: issuer.partner.uuid(),
            environment: issuer.environment.as_str().to_owned(),
            iss: issuer.iss.clone(),
            aud: issuer.aud.clone(),
            jwks_url,
            jwks_inline,
            algorithms: words::join(&issuer.algorithms),
            scopes: words::join(&issuer.scopes),
            msns: words::join_msns(issuer.msns.as_ref()),
            max_lifetime_seconds: issuer.max_lifetime.whole_seconds(),
            demands_at_jwt: issuer.demands_at_jwt,
            state: issuer.state.as_str().to_owned(),
            created_at: issuer.created_at.into(),
            updated_at: issuer.updated_at.into(),
        }
    }
}

impl<M> System<'_, M> {
    /// The issuers that sign as `iss`, one for each audience.
    pub async fn find_issuers(&self, iss: &str) -> Result<Vec<Issuer>, Error> {
        let rows = Entity::find()
            .filter(Column::Iss.eq(iss))
            .all(self.conn())
            .await?;
        rows.into_iter().map(Issuer::try_from).collect()
    }

    pub async fn find_issuer(&self, id: IssuerId) -> Result<Option<Issuer>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Issuer::try_from).transpose()
    }

    /// Oldest first; of one partner, or all.
    pub async fn list_issuers(&self, partner: Option<PartnerId>, part: Part) -> Result<Vec<Issuer>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Issuer::try_from).collect()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_issuers_iss_aud")`.
    pub async fn add_issuer(&self, issuer: &Issuer) -> Result<(), Error> {
        insert::<Entity>(self.conn, issuer.into()).await
    }

    /// # Errors
    /// `Duplicate("uq_issuers_iss_aud")`; [`Error::Stale`] when it is gone.
    pub async fn save_issuer(&self, issuer: &Issuer) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(issuer).into_active_model().reset_all())
            .filter(Column::Id.eq(issuer.id.uuid()))
            .filter(Column::PartnerId.eq(issuer.partner.uuid()))
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }

    /// # Errors
    /// [`Error::Stale`] when it is gone already.
    pub async fn remove_issuer(&self, id: IssuerId) -> Result<(), Error> {
        let removed = Entity::delete_by_id(id.uuid()).exec(self.conn).await?;
        if removed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}
