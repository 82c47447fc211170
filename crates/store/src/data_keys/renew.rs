//! Changing keys: data keys are wrapped anew under the newest key of the key file, and an owner gets a new
//! data key.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel as _, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{TABLE, add, of, owner_of};
use crate::moment::Moment;
use crate::registry::Registry;
use crate::scope::Write;
use crate::sealing::{DataKey, FingerprintSource, Owner, SealedWith};
use crate::table::data_keys::{Column, Entity, Model};
use crate::table::fingerprint_keys;
use crate::{Error, Keyring, System};

/// What one round of wrapping anew did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many data keys are now under the newest key.
    pub done: u64,
    /// Those that did not unwrap: under a key that is not in the file, or damaged.
    pub shut: u64,
    /// Where the next round goes on; absent = there is no more.
    pub next: Option<Uuid>,
}

impl System<'_, Write> {
    /// Wraps up to `limit` data keys after `after` anew, those that are not under the newest key yet. Rows
    /// that are sealed with them stay as they are.
    pub async fn rewrap_data_keys(&self, after: Option<Uuid>, limit: u64) -> Result<Rewrapped, Error> {
        let keyring = self.keyring();
        let newest = keyring.newest_id();
        let mut old = Entity::find()
            .filter(Column::WrappedUnder.ne(newest.as_str()))
            .order_by_asc(Column::Id)
            .limit(limit);
        if let Some(after) = after {
            old = old.filter(Column::Id.gt(after));
        }
        let rows = old.all(self.conn()).await?;
        let full = u64::try_from(rows.len()).unwrap_or(u64::MAX) == limit;
        let mut round = Rewrapped {
            done: 0,
            shut: 0,
            next: rows.last().map(|row| row.id).filter(|_| full),
        };
        for row in rows {
            match rewrapped(keyring, &row)? {
                Some(wrapped) => {
                    let changed = Entity::update_many()
                        .col_expr(Column::Wrapped, Expr::value(wrapped))
                        .col_expr(Column::WrappedUnder, Expr::value(newest.as_str()))
                        .filter(Column::Id.eq(row.id))
                        .filter(Column::Wrapped.eq(row.wrapped))
                        .exec(self.conn())
                        .await?;
                    round.done += changed.rows_affected;
                }
                None => round.shut += 1,
            }
        }
        Ok(round)
    }

    /// Keeps what makes fingerprints under every key of the file, wrapped with the newest one: a key may then
    /// leave the file, and what it made is still known.
    pub async fn keep_fingerprint_keys(&self) -> Result<(), Error> {
        let keyring = self.keyring();
        for FingerprintSource { id, wrapped } in keyring.fingerprint_sources().map_err(Error::unavailable)? {
            let row = fingerprint_keys::Model {
                id,
                wrapped_under: keyring.newest_id(),
                wrapped,
            };
            let anew = [
                fingerprint_keys::Column::WrappedUnder,
                fingerprint_keys::Column::Wrapped,
            ];
            fingerprint_keys::Entity::insert(row.into_active_model().reset_all())
                .on_conflict(
                    OnConflict::column(fingerprint_keys::Column::Id)
                        .update_columns(anew)
                        .to_owned(),
                )
                .exec_without_returning(self.conn())
                .await?;
        }
        Ok(())
    }
}

impl<M> System<'_, M> {
    /// The owners that have a data key: the gateway first, then the partners, oldest first.
    pub async fn data_key_owners(&self) -> Result<Vec<Owner>, Error> {
        let rows = Entity::find()
            .filter(Column::RetiredAt.is_null())
            .order_by_asc(Column::PartnerId)
            .all(self.conn())
            .await?;
        let mut owners: Vec<_> = rows.iter().map(|row| owner_of(row.partner_id)).collect();
        owners.sort_unstable();
        Ok(owners)
    }
}

impl Registry<'_> {
    /// Draws a new data key for `owner`; from now on new rows are sealed with it. The old one opens what it
    /// sealed. Other processes hear of it with the registry's version.
    pub async fn renew_data_key(&self, owner: Owner, at: OffsetDateTime) -> Result<(), Error> {
        let old = of(owner)
            .filter(Column::RetiredAt.is_null())
            .one(self.conn)
            .await?;
        if let Some(old) = &old {
            Entity::update_many()
                .col_expr(Column::RetiredAt, Expr::value(Moment::from(at)))
                .filter(Column::Id.eq(old.id))
                .exec(self.conn)
                .await?;
        }
        let generation = old.map_or(0, |row| row.generation) + 1;
        let drawn = DataKey::draw().map_err(Error::unavailable)?;
        add(self.conn, self.keyring, owner, &drawn, generation).await
    }
}

/// The same key under the newest key of the file; `None` = it does not unwrap.
fn rewrapped(keyring: &Keyring, row: &Model) -> Result<Option<Vec<u8>>, Error> {
    let owner = owner_of(row.partner_id);
    match keyring.unwrap(owner, row.id, &row.wrapped) {
        Ok(key) => Ok(Some(keyring.wrap(owner, &key).map_err(Error::unavailable)?)),
        Err(refusal) => {
            tracing::error!(
                table = TABLE,
                row = %row.id,
                under = ?SealedWith::of(&row.wrapped),
                error = &refusal as &dyn std::error::Error,
                "a data key does not unwrap"
            );
            Ok(None)
        }
    }
}
