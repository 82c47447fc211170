//! A sales unit's own keys: given once, never shown again.

use std::sync::Arc;

use domain::{KeySet, KeySetId, KeySetKind, Msn, Proof, Secret};
use store::registry::KeySetOwner;

use super::HeldUnit;
use super::claim::{go_live, prove};
use super::diagnosis::{Depth, Finding};
use super::look::{ask, claim_of, note, subject, unavailable};
use crate::registry::key_sets;
use crate::{App, Caller, Error, Scope, What};

/// Keys to be.
#[derive(Debug, Clone)]
pub struct NewKeys {
    pub client_id: String,
    pub client_secret: Secret,
    pub subscription_key: Secret,
    pub secondary_subscription_key: Option<Secret>,
}

/// Tries keys at Vipps and puts them to use in place of the ones before. They prove the claim on the unit,
/// and a draft goes live with them when nothing else is missing. Keys that Vipps refuses are not kept, and those
/// in use go on.
///
/// # Errors
/// `NotFound(SalesUnit)`; [`Error::Invalid`]; [`Error::KeysRefused`] with what is wrong;
/// [`Error::VippsUnavailable`] when Vipps could not be asked.
pub async fn put_credentials(app: &App, caller: &Caller, msn: &Msn, new: NewKeys) -> Result<HeldUnit, Error> {
    caller.demand(Scope::MerchantsManage)?;
    let unit = app.held(caller, msn).await?;
    let owner = KeySetOwner::SalesUnit {
        partner: unit.partner,
        assignment: unit.assignment,
    };
    let violations = key_sets::faults(
        &new.client_id,
        &new.client_secret,
        &new.subscription_key,
        new.secondary_subscription_key.as_ref(),
    );
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let keys = Arc::new(KeySet {
        id: KeySetId::from_uuid(app.clock().new_id()),
        version: 1,
        kind: KeySetKind::SalesUnit,
        environment: unit.environment,
        client_id: new.client_id,
        client_secret: new.client_secret,
        subscription_key: new.subscription_key,
        secondary_subscription_key: new.secondary_subscription_key,
    });
    let subject = subject(app, &unit, Arc::clone(&keys)).await?;
    let finding = ask(app, &subject, Depth::Product).await?;
    match &finding {
        Finding::Unknown => return Err(unavailable()),
        Finding::Refused(refusal) => return Err(refusal.clone().into()),
        Finding::Belongs { .. } => {}
    }
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_assignment(unit.assignment).await?;
    let mut assignment = found.ok_or(Error::NotFound(What::SalesUnit))?;
    registry.add_key_set(&keys, owner, now).await?;
    let stored = tx.system().find_key_set(keys.id).await?;
    let stored = stored.ok_or(Error::Internal("stored keys are not there"))?;
    registry.activate_key_set(&stored, now).await?;
    let claim = claim_of(assignment.id, Proof::OwnKeys, keys.id, &caller.subject, now);
    prove(&tx, &registry, &assignment, &claim).await?;
    go_live(&tx, &registry, &mut assignment, now).await?;
    let rows = tx.system().scope(unit.partner, unit.environment);
    note(rows, unit.assignment, &keys, &finding, now).await?;
    app.changed(tx).await?;
    app.adopt_disconnections().await?;
    app.held_unit(caller, msn).await
}
