//! Which operation a caller's idempotency key is bound to. Kept for at least 400 days: a refund may come a
//! year after the capture, and Vipps does not say how long it remembers.

use domain::{IdempotencyKey, IdempotencyScope, Msn, OperationId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::table::idempotency_keys::{ActiveModel, Column, Entity};
use crate::scope::Write;
use crate::{Error, Scope};

/// What makes fingerprints of requests differ from those of anything else.
const PURPOSE: &str = "idempotency";

/// The operation under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHolder {
    pub operation: OperationId,
    /// Whether it is of the very request that asks.
    pub same_request: bool,
}

impl<M> Scope<'_, M> {
    /// Who holds the key. `request` = what the fingerprint is of: operation, reference and body.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when what made the fingerprint is neither in the key file nor kept in the database.
    pub async fn find_key(
        &self,
        msn: &Msn,
        key: &IdempotencyKey,
        request: &[u8],
    ) -> Result<Option<KeyHolder>, Error> {
        let row = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Msn.eq(msn.as_str()))
            .filter(Column::Key.eq(key.as_str()))
            .one(self.conn())
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let same_request = self
            .keyring()
            .is_of(&row.fingerprint, PURPOSE, request)
            .ok_or_else(|| Error::corrupt("idempotency_keys", row.operation_id))?;
        Ok(Some(KeyHolder {
            operation: OperationId::from_uuid(row.operation_id),
            same_request,
        }))
    }
}

impl Scope<'_, Write> {
    /// Binds the key, with the intent and in its transaction.
    ///
    /// # Errors
    /// [`Error::Duplicate`] `pk_idempotency_keys` when another request was quicker.
    pub async fn bind_key(
        &self,
        scope: &IdempotencyScope,
        request: &[u8],
        operation: OperationId,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        let row = ActiveModel {
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            msn: Set(scope.msn.as_str().to_owned()),
            key: Set(scope.key.as_str().to_owned()),
            fingerprint: Set(self.keyring().fingerprint(PURPOSE, request)),
            operation_id: Set(operation.uuid()),
            bound_at: Set(at.into()),
        };
        Entity::insert(row).exec_without_returning(self.conn()).await?;
        Ok(())
    }
}

/// Gives the key of an operation free.
pub(super) async fn free(scope: &Scope<'_, Write>, operation: OperationId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::PartnerId.eq(scope.partner().uuid()))
        .filter(Column::Environment.eq(scope.environment().as_str()))
        .filter(Column::OperationId.eq(operation.uuid()))
        .exec(scope.conn())
        .await?;
    Ok(())
}
