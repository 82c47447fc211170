//! A sales unit's own keys: given once, never shown again.

use std::sync::Arc;

use domain::{Environment, KeySet, KeySetId, KeySetKind, Msn, Secret, Violation};
use store::SystemTx;
use store::registry::{Assignment, KeySetOwner, Registry};
use time::OffsetDateTime;

use super::HeldUnit;
use super::claim::GoingLive;
use super::diagnosis::Finding;
use super::look::{accepted, settle};
use crate::audit::{Change, Notes};
use crate::registry::{key_sets, key_switches};
use crate::{App, Caller, Error, Scope, What};

/// Keys to be.
#[derive(Debug, Clone)]
pub struct NewKeys {
    pub client_id: String,
    pub client_secret: Secret,
    pub subscription_key: Secret,
    pub secondary_subscription_key: Option<Secret>,
}

impl NewKeys {
    /// Members that cannot be sent.
    pub(crate) fn faults(&self) -> Vec<Violation> {
        key_sets::faults(
            &self.client_id,
            &self.client_secret,
            &self.subscription_key,
            self.secondary_subscription_key.as_ref(),
        )
    }

    pub(crate) fn into_key_set(self, app: &App, environment: Environment) -> KeySet {
        KeySet {
            id: KeySetId::from_uuid(app.clock().new_id()),
            version: 1,
            kind: KeySetKind::SalesUnit,
            environment,
            client_id: self.client_id,
            client_secret: self.client_secret,
            subscription_key: self.subscription_key,
            secondary_subscription_key: self.secondary_subscription_key,
        }
    }
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
    let violations = new.faults();
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let keys = Arc::new(new.into_key_set(app, unit.environment));
    let finding = accepted(app, &unit, Arc::clone(&keys)).await?;
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_assignment(unit.assignment).await?;
    let mut assignment = found.ok_or(Error::NotFound(What::SalesUnit))?;
    let by = caller.actor();
    let mut notes = Notes::of(app, &by);
    adopt(&tx, &registry, &mut assignment, &keys, &finding, &mut notes, now).await?;
    app.changed(tx, notes.by, &notes.changes).await?;
    app.adopt_disconnections().await?;
    app.held_unit(caller, msn).await
}

/// Within a change of the registry: keys that were tried are stored and put to use in place of the ones before,
/// with what follows from that.
pub(crate) async fn adopt(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &mut Assignment,
    keys: &KeySet,
    finding: &Finding,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<GoingLive, Error> {
    let owner = KeySetOwner::SalesUnit {
        partner: assignment.partner,
        assignment: assignment.id,
    };
    key_switches::demand_room(tx, owner, assignment.environment).await?;
    registry.add_key_set(keys, owner, now).await?;
    let stored = tx.system().find_key_set(keys.id).await?;
    let stored = stored.ok_or(Error::Internal("stored keys are not there"))?;
    registry.activate_key_set(&stored, now).await?;
    let active = tx.system().find_key_set(keys.id).await?;
    notes.changes.extend(active.as_ref().map(Change::added));
    settle(tx, registry, assignment, keys, finding, notes, now).await
}
