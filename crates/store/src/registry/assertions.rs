//! Assertions that were used: each is good once (RFC 7523, section 3, `jti`).

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::{Client, insert};
use crate::scope::Write;
use crate::table::client_assertions::{Column, Entity, Model};
use crate::{Error, System};

impl System<'_, Write> {
    /// Remembers an assertion until it expires. `jti_hash` is a hash of its `jti`.
    ///
    /// # Errors
    /// `Duplicate("pk_client_assertions")` when it was used before.
    pub async fn use_assertion(
        &self,
        client: &Client,
        jti_hash: &str,
        expires_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let row = Model {
            client_id: client.id.uuid(),
            partner_id: client.partner.uuid(),
            environment: client.environment.as_str().to_owned(),
            jti_hash: jti_hash.to_owned(),
            expires_at: expires_at.into(),
        };
        insert::<Entity>(self.conn(), row).await
    }

    /// Forgets assertions that no one could use any more.
    pub async fn forget_assertions(&self, expired_before: OffsetDateTime) -> Result<u64, Error> {
        let forgotten = Entity::delete_many()
            .filter(Column::ExpiresAt.lt(crate::moment::Moment::from(expired_before)))
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }
}
