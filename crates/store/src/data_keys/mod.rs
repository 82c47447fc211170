//! Data keys: what an owner's rows are sealed with. Each partner has its own, the gateway has one for what
//! is nobody's. They lie wrapped in the database; a process unwraps each once.
//!
//! A new key is drawn when an owner seals for the first time. It is remembered as the owner's only after the
//! transaction that stored it has committed: a key that was rolled back must not seal anything.

mod examine;
mod renew;
mod reseal;
mod sealed;

use std::sync::Arc;

use domain::PartnerId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel as _, QueryFilter, Select};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::conn::Conn;
use crate::sealing::{Context, DataKey, FingerprintSource, Owner, Refusal, SealedWith};
use crate::table::data_keys::{Column, Entity, Model};
use crate::table::{fingerprint_keys, partners};
use crate::{Error, Keyring};

pub use examine::{KeysAtRest, UnderKey};
pub use renew::Rewrapped;
pub use reseal::{Progress, Resealed};
pub use sealed::{BODIES, Owned, SECRETS, Sealed, Version};

const TABLE: &str = "data_keys";
const FINGERPRINT_KEYS: &str = "fingerprint_keys";

/// Seals a value for its place with its owner's key, drawing the first one if there is none.
pub(crate) async fn seal(
    conn: &Conn,
    keyring: &Keyring,
    context: &Context,
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    let key = match keyring.known().current(context.owner) {
        Some(key) => key,
        // Rare, so it weighs nothing in the future of every caller.
        None => Box::pin(current_or_drawn(conn, keyring, context.owner)).await?,
    };
    key.seal(context, plain).map_err(Error::unavailable)
}

/// Opens a value in the place it was sealed for.
pub(crate) async fn open(
    conn: &Conn,
    keyring: &Keyring,
    context: &Context,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unopened = |refusal| Error::unopened(context.table, context.row, refusal);
    let owner = context.owner;
    let id = match SealedWith::of(sealed) {
        SealedWith::DataKey(id) => id,
        SealedWith::KeyFile(_) => return keyring.open(context, sealed).map_err(unopened),
        SealedWith::Nothing => return Err(unopened(Refusal::UnknownFormat)),
    };
    let key = match keyring.known().find(owner, id) {
        Some(key) => key,
        None => Box::pin(fetch(conn, keyring, owner, id))
            .await?
            .map_err(unopened)?,
    };
    key.open(context, sealed).map_err(unopened)
}

/// A key that this process has not unwrapped yet.
async fn fetch(
    conn: &Conn,
    keyring: &Keyring,
    owner: Owner,
    id: Uuid,
) -> Result<Result<Arc<DataKey>, Refusal>, Error> {
    let Some(row) = of(owner).filter(Column::Id.eq(id)).one(conn).await? else {
        return Ok(Err(Refusal::UnknownDataKey { id }));
    };
    let key = keyring.unwrap(owner, id, &row.wrapped);
    Ok(key.map(|key| keyring.known().keep(owner, key)))
}

/// Learns what fingerprints were made with that came from keys no longer in the file.
pub(crate) async fn learn_fingerprints(conn: &Conn, keyring: &Keyring) -> Result<(), Error> {
    let rows = fingerprint_keys::Entity::find().all(conn).await?;
    let sources: Vec<_> = rows
        .into_iter()
        .map(|row| FingerprintSource {
            id: row.id,
            wrapped: row.wrapped,
        })
        .collect();
    for (key, refusal) in keyring.learn_fingerprints(&sources) {
        tracing::error!(
            table = FINGERPRINT_KEYS,
            row = %key,
            error = &refusal as &dyn std::error::Error,
            "what made older fingerprints does not unwrap: idempotency keys, customers and audit seals of that time \
             are not known again"
        );
    }
    Ok(())
}

/// Whether this process knows what the partner's new rows are sealed with.
pub(crate) fn is_known(keyring: &Keyring, partner: PartnerId) -> bool {
    keyring.known().current(Owner::Partner(partner)).is_some()
}

/// Learns what the partner's new rows are sealed with, on a connection that sees only what is committed.
/// False = the partner has no key yet.
pub(crate) async fn learn(conn: &Conn, keyring: &Keyring, partner: PartnerId) -> Result<bool, Error> {
    let owner = Owner::Partner(partner);
    let version = keyring.known().version();
    let Some(key) = current(conn, keyring, owner).await? else {
        return Ok(false);
    };
    keyring.known().set_current(owner, key, version);
    Ok(true)
}

/// Draws the partner's first key, if there is such a partner.
pub(crate) async fn draw_first(conn: &Conn, keyring: &Keyring, partner: PartnerId) -> Result<bool, Error> {
    let found = partners::Entity::find_by_id(partner.uuid()).one(conn).await?;
    if found.is_some() {
        current_or_drawn(conn, keyring, Owner::Partner(partner)).await?;
    }
    Ok(found.is_some())
}

async fn current_or_drawn(conn: &Conn, keyring: &Keyring, owner: Owner) -> Result<Arc<DataKey>, Error> {
    if let Some(key) = current(conn, keyring, owner).await? {
        return Ok(key);
    }
    let drawn = DataKey::draw().map_err(Error::unavailable)?;
    add(conn, keyring, owner, &drawn, 1).await?;
    // Ours, or that of somebody who was quicker.
    let key = current(conn, keyring, owner).await?;
    key.ok_or_else(|| Error::unavailable("a data key was drawn and is not there"))
}

async fn current(conn: &Conn, keyring: &Keyring, owner: Owner) -> Result<Option<Arc<DataKey>>, Error> {
    let row = of(owner).filter(Column::RetiredAt.is_null()).one(conn).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    if let Some(key) = keyring.known().find(owner, row.id) {
        return Ok(Some(key));
    }
    let key = keyring
        .unwrap(owner, row.id, &row.wrapped)
        .map_err(|refusal| Error::unopened(TABLE, row.id, refusal))?;
    Ok(Some(keyring.known().keep(owner, key)))
}

/// Stores a key as its owner's; when the owner has one, nothing happens.
async fn add(
    conn: &Conn,
    keyring: &Keyring,
    owner: Owner,
    key: &DataKey,
    generation: i32,
) -> Result<(), Error> {
    let row = Model {
        id: key.id(),
        partner_id: partner_of(owner),
        generation,
        wrapped_under: keyring.newest_id(),
        wrapped: keyring.wrap(owner, key).map_err(Error::unavailable)?,
        retired_at: None,
    };
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(conn)
        .await?;
    Ok(())
}

fn of(owner: Owner) -> Select<Entity> {
    let partner = partner_of(owner);
    Entity::find().filter(match partner {
        Some(partner) => Column::PartnerId.eq(partner),
        None => Column::PartnerId.is_null(),
    })
}

/// Whose a row is that names this partner, or none.
fn owner_of(partner: Option<Uuid>) -> Owner {
    partner.map_or(Owner::Gateway, |id| Owner::Partner(PartnerId::from_uuid(id)))
}

fn partner_of(owner: Owner) -> Option<Uuid> {
    match owner {
        Owner::Gateway => None,
        Owner::Partner(partner) => Some(partner.uuid()),
    }
}
