//! Single tokens of operators that were taken back.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::{Registry, insert};
use crate::moment::Moment;
use crate::table::revoked_operator_tokens::{Column, Entity, Model};
use crate::{Error, System};

/// One token of an operator that is not good any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedOperatorToken {
    /// The operators' issuer.
    pub iss: String,
    /// The claim `jti`, which names one token of its issuer.
    pub jti: String,
    pub revoked_at: OffsetDateTime,
    /// After this it has expired whatever it says.
    pub until: OffsetDateTime,
}

impl<M> System<'_, M> {
    pub async fn is_operator_token_revoked(&self, iss: &str, jti: &str) -> Result<bool, Error> {
        let key = (iss.to_owned(), jti.to_owned());
        let found = Entity::find_by_id(key).one(self.conn()).await?;
        Ok(found.is_some())
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("pk_revoked_operator_tokens")` when it was revoked before.
    pub async fn revoke_operator_token(&self, token: &RevokedOperatorToken) -> Result<(), Error> {
        let row = Model {
            iss: token.iss.clone(),
            jti: token.jti.clone(),
            revoked_at: token.revoked_at.into(),
            until: token.until.into(),
        };
        insert::<Entity>(self.conn, row).await
    }

    /// Forgets tokens that have expired anyway.
    pub async fn forget_revoked_operator_tokens(&self, now: OffsetDateTime) -> Result<(), Error> {
        Entity::delete_many()
            .filter(Column::Until.lte(Moment::from(now)))
            .exec(self.conn)
            .await?;
        Ok(())
    }
}
