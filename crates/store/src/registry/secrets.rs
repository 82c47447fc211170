//! The secrets of our own clients, as hashes. A client has several while it rotates.

use domain::ClientId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Client, Registry, insert};
use crate::table::client_secrets::{Column, Entity, Model};
use crate::{Error, System};

const TABLE: &str = "client_secrets";

/// One secret of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret {
    pub id: Uuid,
    /// A keyed fingerprint of the secret, which has at least 256 random bits and so needs no slow hash.
    pub hash: String,
    pub created_at: OffsetDateTime,
}

impl<M> System<'_, M> {
    /// The secrets of a client, oldest first.
    pub async fn client_secrets(&self, client: ClientId) -> Result<Vec<ClientSecret>, Error> {
        let rows = Entity::find()
            .filter(Column::ClientId.eq(client.uuid()))
            .order_by_asc(Column::Id)
            .all(self.conn())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(ClientSecret {
                    id: row.id,
                    created_at: row.created_at.at(TABLE, row.id)?,
                    hash: row.hash,
                })
            })
            .collect()
    }
}

impl Registry<'_> {
    pub async fn add_client_secret(&self, client: &Client, secret: &ClientSecret) -> Result<(), Error> {
        let row = Model {
            id: secret.id,
            client_id: client.id.uuid(),
            partner_id: client.partner.uuid(),
            environment: client.environment.as_str().to_owned(),
            hash: secret.hash.clone(),
            created_at: secret.created_at.into(),
        };
        insert::<Entity>(self.conn, row).await
    }

    /// Removes every secret of the client but `keep`; without one, all.
    pub async fn retire_client_secrets(&self, client: &Client, keep: Option<Uuid>) -> Result<u64, Error> {
        let mut retired = Entity::delete_many()
            .filter(Column::ClientId.eq(client.id.uuid()))
            .filter(Column::PartnerId.eq(client.partner.uuid()));
        if let Some(keep) = keep {
            retired = retired.filter(Column::Id.ne(keep));
        }
        let removed = retired.exec(self.conn).await?;
        Ok(removed.rows_affected)
    }
}
