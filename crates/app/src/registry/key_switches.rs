//! Planned switches of keys: new ones are proven and used at once, the ones before finish what was begun under them, and
//! then their secrets are erased.

use domain::{CredentialMode, Environment, KeySetId};
use store::SystemTx;
use store::registry::{Assignment, KeySetOwner, Registry};
use time::OffsetDateTime;

use super::StoredKeySet;
use crate::audit::{Actor, Change, Notes, Subject as _};
use crate::{App, Error};

/// How many sets of one owner may be on their way out at the same time.
const MOST: u64 = 3;
/// How long replaced keys are kept at least: no request that has seen them in use runs for so long.
const LEAST: time::Duration = time::Duration::minutes(5);

/// Refuses to replace keys when too many before them still have something to finish.
///
/// # Errors
/// [`Error::Switching`].
pub(crate) async fn demand_room(
    tx: &SystemTx,
    owner: KeySetOwner,
    environment: Environment,
) -> Result<(), Error> {
    if tx.system().retiring_of(owner, environment).await? >= MOST {
        return Err(Error::Switching);
    }
    Ok(())
}

/// What a change of the credential mode means for the keys of the unit itself.
pub(crate) async fn change_mode(
    tx: &SystemTx,
    registry: &Registry<'_>,
    before: &Assignment,
    after: &Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match (before.credential_mode, after.credential_mode) {
        (from, to) if from == to => Ok(()),
        (CredentialMode::Own, _) => leave_own(tx, registry, after, notes, now).await,
        (_, CredentialMode::Own) => own_again(tx, registry, after, notes, now).await,
        (CredentialMode::Partner | CredentialMode::Platform, _) => Ok(()),
    }
}

/// A sales unit that is served by other keys than its own from now on begins nothing under its own any more.
pub(crate) async fn leave_own(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let owner = own(assignment);
    let Some(id) = registry
        .retire_keys_in_use(owner, assignment.environment, now)
        .await?
    else {
        return Ok(());
    };
    let stored = changed(tx, id).await?;
    let before = serde_json::json!({ "state": "active" });
    notes
        .changes
        .push(Change::of(&stored, "replace", before, stored.facts()));
    Ok(())
}

/// A sales unit that is to be served by its own keys again has those back that are not erased yet.
async fn own_again(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let scope = tx.system().scope(assignment.partner, assignment.environment);
    if scope
        .serving_keys(assignment.id, CredentialMode::Own)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let newest = tx
        .system()
        .newest_retiring(own(assignment), assignment.environment)
        .await?;
    if let Some(before) = newest {
        registry.use_again(before.id, now).await?;
        let after = changed(tx, before.id).await?;
        notes.changes.push(Change::set(&before, &after));
    }
    Ok(())
}

/// The keys as they are after a change of them.
async fn changed(tx: &SystemTx, id: KeySetId) -> Result<StoredKeySet, Error> {
    let found = tx.system().find_key_set(id).await?;
    found.ok_or(Error::Internal("keys are gone"))
}

fn own(assignment: &Assignment) -> KeySetOwner {
    KeySetOwner::SalesUnit {
        partner: assignment.partner,
        assignment: assignment.id,
    }
}

/// Erases replaced keys under which nothing is open any more, once nothing may be sent again under them. True = erased.
///
/// # Errors
/// [`Error::Unavailable`].
pub(crate) async fn finish(app: &App, keys: &StoredKeySet, now: OffsetDateTime) -> Result<bool, Error> {
    if now < keys.updated_at + app.settings().replay_horizon.max(LEAST) {
        return Ok(false);
    }
    {
        let reader = app.store().read_system("keys that were replaced: what is open");
        if !reader.system().is_done_with(keys).await? {
            return Ok(false);
        }
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    match registry.erase_key_set(keys, now).await {
        Ok(()) => {}
        // In use again, or another process was quicker.
        Err(store::Error::Stale) => {
            tx.rollback().await?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    }
    let erased = changed(&tx, keys.id).await?;
    let change = Change::of(&erased, "retire", keys.facts(), erased.facts());
    app.changed(tx, &Actor::gateway(), &[change]).await?;
    tracing::info!(key_set.id = %keys.id, "replaced keys are erased: nothing is open under them");
    Ok(true)
}
