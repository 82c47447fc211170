//! Whose keys serve a sales unit.

use std::sync::Arc;

use domain::{CredentialMode, KeySet, Msn};
use store::registry::KeySetOwner;

use super::HeldUnit;
use super::claim::demand_proof;
use super::look::{accepted, settle};
use crate::audit::{Change, Notes};
use crate::registry::key_switches;
use crate::registry::sales_units::check_mode;
use crate::{App, Caller, Error, Scope, Unit, What};

/// Has other keys serve the sales unit, once Vipps has shown that they do. Until then the ones before go on.
///
/// # Errors
/// `NotFound(SalesUnit)`; [`Error::Invalid`]: partner keys exist for production only; [`Error::WithoutKeys`]
/// when there are none of that kind; [`Error::UnprovenForPlatform`] for the operator's while the claim is unproven;
/// [`Error::KeysRefused`]; [`Error::VippsUnavailable`].
pub async fn put_credential_mode(
    app: &App,
    caller: &Caller,
    msn: &Msn,
    mode: CredentialMode,
) -> Result<HeldUnit, Error> {
    caller.demand(Scope::MerchantsManage)?;
    let unit = app.held(caller, msn).await?;
    check_mode(mode, unit.environment)?;
    if unit.mode == mode {
        return app.held_unit(caller, msn).await;
    }
    let keys = keys_for(app, &unit, mode).await?;
    let keys = Arc::new(keys.ok_or(Error::WithoutKeys)?);
    demand_proof(app, &unit, keys.kind).await?;
    let finding = accepted(app, &unit, Arc::clone(&keys)).await?;
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_assignment(unit.assignment).await?;
    let before = found.ok_or(Error::NotFound(What::SalesUnit))?;
    let mut assignment = before.clone();
    let by = caller.actor();
    let mut notes = Notes::of(app, &by);
    assignment.credential_mode = mode;
    assignment.updated_at = now;
    registry.save_assignment(&assignment).await?;
    notes.changes.extend(Change::if_set(&before, &assignment));
    key_switches::change_mode(&tx, &registry, &before, &assignment, &mut notes, now).await?;
    settle(&tx, &registry, &mut assignment, &keys, &finding, &mut notes, now).await?;
    app.changed(tx, notes.by, &notes.changes).await?;
    app.adopt_disconnections().await?;
    app.held_unit(caller, msn).await
}

/// Keys of that mode; the unit's own also while they are on their way out.
async fn keys_for(app: &App, unit: &Unit, mode: CredentialMode) -> Result<Option<KeySet>, Error> {
    let reader = app.store().read(unit.partner, unit.environment);
    let in_use = reader.scope().serving_keys(unit.assignment, mode).await?;
    if in_use.is_some() || mode != CredentialMode::Own {
        return Ok(in_use);
    }
    let owner = KeySetOwner::SalesUnit {
        partner: unit.partner,
        assignment: unit.assignment,
    };
    let reader = app
        .store()
        .read_system("keys of a sales unit that are on their way out");
    match reader.system().newest_retiring(owner, unit.environment).await? {
        Some(keys) => Ok(reader.system().open_key_set(keys.id).await?),
        None => Ok(None),
    }
}
