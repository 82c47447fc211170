//! The keys of our own issuer: sealed, and rotating.

use domain::Secret;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Registry, insert};
use crate::sealing::{Context, Owner};
use crate::table::signing_keys::{Column, Entity, Model};
use crate::{Error, System, data_keys};

const TABLE: &str = "signing_keys";

/// One key pair of our own issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub id: Uuid,
    pub kid: String,
    /// The public half as a JWK, in JSON.
    pub public_jwk: String,
    /// The private half, PKCS#8 in base64.
    pub private: Secret,
    /// Published before it signs, so that every verifier has seen it.
    pub signs_from: OffsetDateTime,
    pub signs_until: OffsetDateTime,
    /// Published after it signed, until the last of its tokens has run out.
    pub published_until: OffsetDateTime,
    pub created_at: OffsetDateTime,
}

fn context(id: Uuid) -> Context {
    Context {
        environment: None,
        owner: Owner::Gateway,
        table: TABLE,
        row: id,
        version: 1,
    }
}

impl<M> System<'_, M> {
    /// The keys published at `now`, oldest first.
    pub async fn signing_keys(&self, now: OffsetDateTime) -> Result<Vec<SigningKey>, Error> {
        let rows = Entity::find()
            .filter(Column::PublishedUntil.gt(crate::moment::Moment::from(now)))
            .order_by_asc(Column::SignsFrom)
            .all(self.conn())
            .await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let opened = data_keys::open(self.conn(), self.keyring(), &context(row.id), &row.sealed).await?;
            let private = std::str::from_utf8(&opened).map_err(|_| Error::corrupt(TABLE, row.id))?;
            keys.push(SigningKey {
                id: row.id,
                private: Secret::new(private),
                signs_from: row.signs_from.at(TABLE, row.id)?,
                signs_until: row.signs_until.at(TABLE, row.id)?,
                published_until: row.published_until.at(TABLE, row.id)?,
                created_at: row.created_at.at(TABLE, row.id)?,
                kid: row.kid,
                public_jwk: row.public_jwk,
            });
        }
        Ok(keys)
    }
}

impl Registry<'_> {
    pub async fn add_signing_key(&self, key: &SigningKey) -> Result<(), Error> {
        let private = key.private.reveal().as_bytes();
        let sealed = data_keys::seal(self.conn, self.keyring, &context(key.id), private).await?;
        let row = Model {
            id: key.id,
            kid: key.kid.clone(),
            public_jwk: key.public_jwk.clone(),
            sealed,
            signs_from: key.signs_from.into(),
            signs_until: key.signs_until.into(),
            published_until: key.published_until.into(),
            created_at: key.created_at.into(),
        };
        insert::<Entity>(self.conn, row).await
    }

    /// Forgets every key: whatever they signed is refused from now on.
    pub async fn drop_signing_keys(&self) -> Result<u64, Error> {
        let dropped = Entity::delete_many().exec(self.conn).await?;
        Ok(dropped.rows_affected)
    }

    /// Forgets keys none of whose tokens can still be valid.
    pub async fn forget_signing_keys(&self, published_before: OffsetDateTime) -> Result<u64, Error> {
        let forgotten = Entity::delete_many()
            .filter(Column::PublishedUntil.lte(crate::moment::Moment::from(published_before)))
            .exec(self.conn)
            .await?;
        Ok(forgotten.rows_affected)
    }
}
