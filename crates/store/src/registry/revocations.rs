//! Trust that was taken back.

use domain::{Environment, PartnerId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Registry, insert};
use crate::moment::Moment;
use crate::table::revoked_tokens::{Column, Entity, Model};
use crate::{Error, System};

/// Whether tokens of an issuer or a client are good at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Active,
    Suspended,
}

impl Standing {
    pub const ALL: [Self; 2] = [Self::Active, Self::Suspended];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// One token that is not good any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedToken {
    /// The issuer, or the client of our own issuer.
    pub signer: Uuid,
    /// The claim `jti`, which names one token of its signer.
    pub jti: String,
    pub partner: PartnerId,
    pub environment: Environment,
    pub revoked_at: OffsetDateTime,
    /// After this it has expired whatever it says.
    pub until: OffsetDateTime,
}

impl<M> System<'_, M> {
    /// Signer and `jti` of every token that is revoked and may not have expired.
    pub async fn revoked_tokens(&self, now: OffsetDateTime) -> Result<Vec<(Uuid, String)>, Error> {
        Ok(Entity::find()
            .filter(Column::Until.gt(Moment::from(now)))
            .select_only()
            .columns([Column::Signer, Column::Jti])
            .into_tuple()
            .all(self.conn())
            .await?)
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("pk_revoked_tokens")` when it was revoked before.
    pub async fn revoke_token(&self, token: &RevokedToken) -> Result<(), Error> {
        let row = Model {
            signer: token.signer,
            jti: token.jti.clone(),
            partner_id: token.partner.uuid(),
            environment: token.environment.as_str().to_owned(),
            revoked_at: token.revoked_at.into(),
            until: token.until.into(),
        };
        insert::<Entity>(self.conn, row).await
    }

    /// Forgets tokens that have expired anyway.
    pub async fn forget_revoked_tokens(&self, now: OffsetDateTime) -> Result<(), Error> {
        Entity::delete_many()
            .filter(Column::Until.lte(Moment::from(now)))
            .exec(self.conn)
            .await?;
        Ok(())
    }
}
