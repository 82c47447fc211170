//! Keys at Vipps. None is used before a token call with it has succeeded.

use std::sync::Arc;

use domain::{
    AssignmentId, Environment, KeySet, KeySetId, KeySetKind, PartnerId, Secret, TraceContext, Violation,
};
use outbound::Access;
use outbound::vipps::{Fault, ProbeError};
use store::registry::KeySetFilter;
pub use store::registry::KeySetFilter as Filter;

use super::change::invalid;
use super::{KeySetOwner, KeySetState, Part, StoredKeySet, key_switches, page};
use crate::audit::{Actor, Change, Subject as _};
use crate::onboarding::NewKeys;
use crate::{App, Error, What};

/// Keys to be.
#[derive(Debug, Clone)]
pub struct Add {
    pub owner: KeySetOwner,
    pub environment: Environment,
    pub client_id: String,
    pub client_secret: Secret,
    pub subscription_key: Secret,
    pub secondary_subscription_key: Option<Secret>,
}

/// Stores keys as a draft, proves them with a token call and puts them to use, retiring those they
/// replace. When Vipps refuses them, or cannot be asked, the draft stays for [`prove`].
///
/// # Errors
/// [`Error::Invalid`], naming the member that is malformed or that Vipps refused;
/// [`Error::VippsUnavailable`] when Vipps could not be asked; `NotFound` for an unknown owner.
pub async fn add(app: &App, by: &Actor, add: Add) -> Result<StoredKeySet, Error> {
    let violations = check(&add);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let keys = KeySet {
        id: KeySetId::from_uuid(app.clock().new_id()),
        version: 1,
        kind: add.owner.kind(),
        environment: add.environment,
        client_id: add.client_id,
        client_secret: add.client_secret,
        subscription_key: add.subscription_key,
        secondary_subscription_key: add.secondary_subscription_key,
    };
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    demand_owner(&tx, add.owner, add.environment).await?;
    registry.add_key_set(&keys, add.owner, app.clock().now()).await?;
    let found = tx.system().find_key_set(keys.id).await?;
    let stored = found.ok_or(Error::NotFound(What::KeySet))?;
    app.changed(tx, by, &[Change::added(&stored)]).await?;
    prove(app, by, keys.id).await
}

/// Whose keys, as far as one can say it without looking anything up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Of its partner and its environment.
    SalesUnit(AssignmentId),
    Partner(PartnerId, Environment),
    Accounting(PartnerId, Environment),
    Platform(Environment),
}

/// [`add`], for keys of whoever is named.
///
/// # Errors
/// As [`add`].
pub async fn add_of(app: &App, by: &Actor, whose: Whose, keys: NewKeys) -> Result<StoredKeySet, Error> {
    let (owner, environment) = match whose {
        Whose::SalesUnit(id) => {
            let held = super::sales_units::show(app, id).await?;
            let owner = KeySetOwner::SalesUnit {
                partner: held.partner,
                assignment: id,
            };
            (owner, held.environment)
        }
        Whose::Partner(partner, environment) => (KeySetOwner::Partner(partner), environment),
        Whose::Accounting(partner, environment) => (KeySetOwner::Accounting(partner), environment),
        Whose::Platform(environment) => (KeySetOwner::Platform, environment),
    };
    let add = Add {
        owner,
        environment,
        client_id: keys.client_id,
        client_secret: keys.client_secret,
        subscription_key: keys.subscription_key,
        secondary_subscription_key: keys.secondary_subscription_key,
    };
    self::add(app, by, add).await
}

/// Proves a draft with a token call and puts it to use.
///
/// # Errors
/// As [`add`]; `NotFound(KeySet)`.
pub async fn prove(app: &App, by: &Actor, id: KeySetId) -> Result<StoredKeySet, Error> {
    let reader = app.store().read_system("key set probe");
    let found = reader.system().find_key_set(id).await?;
    let found = found.ok_or(Error::NotFound(What::KeySet))?;
    if found.state != KeySetState::Draft {
        return Err(proven_before());
    }
    let owner = found.owner;
    let keys = reader.system().open_key_set(id).await?;
    let keys = Arc::new(keys.ok_or(Error::NotFound(What::KeySet))?);
    probe(app, owner.partner(), keys).await?;
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let stored = tx.system().find_key_set(id).await?;
    let stored = stored.ok_or(Error::NotFound(What::KeySet))?;
    key_switches::demand_room(&tx, stored.owner, stored.environment).await?;
    match registry.activate_key_set(&stored, app.clock().now()).await {
        Ok(()) => {}
        Err(store::Error::Stale) => {
            return Err(proven_before());
        }
        Err(error) => return Err(error.into()),
    }
    let found = tx.system().find_key_set(id).await?;
    let active = found.ok_or(Error::NotFound(What::KeySet))?;
    let change = Change::of(&active, "prove", stored.facts(), active.facts());
    app.changed(tx, by, &[change]).await?;
    Ok(active)
}

pub async fn list(app: &App, filter: KeySetFilter) -> Result<Vec<StoredKeySet>, Error> {
    let reader = app.store().read_system("key set list");
    Ok(reader.system().list_key_sets(filter, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    filter: KeySetFilter,
    after: Option<KeySetId>,
    limit: u32,
) -> Result<(Vec<StoredKeySet>, Option<KeySetId>), Error> {
    let reader = app.store().read_system("key set page");
    let part = page::part(after.map(KeySetId::uuid), limit);
    let found = reader.system().list_key_sets(filter, part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(KeySet)`.
pub async fn show(app: &App, id: KeySetId) -> Result<StoredKeySet, Error> {
    let reader = app.store().read_system("key set show");
    reader
        .system()
        .find_key_set(id)
        .await?
        .ok_or(Error::NotFound(What::KeySet))
}

/// # Errors
/// `NotFound(KeySet)`.
pub async fn remove(app: &App, by: &Actor, id: KeySetId) -> Result<(), Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_key_set(id).await?;
    let stored = found.ok_or(Error::NotFound(What::KeySet))?;
    match registry.remove_key_set(id).await {
        Ok(()) => app.changed(tx, by, &[Change::removed(&stored)]).await,
        Err(store::Error::Stale) => Err(Error::NotFound(What::KeySet)),
        Err(error) => Err(error.into()),
    }
}

fn proven_before() -> Error {
    invalid("state", "state", "must be draft: these keys were proven before")
}

/// No transaction is open during the call.
async fn probe(app: &App, partner: Option<PartnerId>, keys: Arc<KeySet>) -> Result<(), Error> {
    let access = Access {
        environment: keys.environment,
        partner,
        keys,
        msn: None,
        product: Arc::new(app.vipps().operator().clone()),
        trace: TraceContext::default(),
    };
    match app.vipps().probe(&access).await {
        Ok(()) => Ok(()),
        Err(ProbeError::Refused { fault, .. }) => Err(refused(fault)),
        Err(ProbeError::Unavailable { reason }) => {
            tracing::warn!(reason, "keys could not be proven");
            Err(Error::VippsUnavailable {
                retry_after: time::Duration::seconds(5),
            })
        }
    }
}

fn refused(fault: Fault) -> Error {
    let field = match fault {
        Fault::ClientId => "clientId",
        Fault::ClientSecret => "clientSecret",
        Fault::SubscriptionKey => "subscriptionKey",
        Fault::SecondarySubscriptionKey => "secondarySubscriptionKey",
        Fault::Unclear => "keys",
    };
    invalid(
        field,
        "refused",
        "was refused by Vipps in a token call; compare it with the portal, and the environment too",
    )
}

async fn demand_owner(
    tx: &store::SystemTx,
    owner: KeySetOwner,
    environment: Environment,
) -> Result<(), Error> {
    if let Some(partner) = owner.partner()
        && tx.system().find_partner(partner).await?.is_none()
    {
        return Err(Error::NotFound(What::Partner));
    }
    if let Some(assignment) = owner.assignment() {
        let found = tx.system().find_assignment(assignment).await?;
        if !found.is_some_and(|held| Some(held.partner) == owner.partner() && held.environment == environment)
        {
            return Err(Error::NotFound(What::SalesUnit));
        }
    }
    Ok(())
}

fn check(add: &Add) -> Vec<Violation> {
    let mut violations = faults(
        &add.client_id,
        &add.client_secret,
        &add.subscription_key,
        add.secondary_subscription_key.as_ref(),
    );
    if add.owner.kind() == KeySetKind::Partner && add.environment == Environment::Test {
        violations.push(Violation::new(
            "environment",
            "enum",
            "must be production: Vipps gives partner keys for production only",
        ));
    }
    violations
}

/// Members that cannot be sent, without a word of their values.
pub(crate) fn faults(
    client_id: &str,
    client_secret: &Secret,
    subscription_key: &Secret,
    secondary: Option<&Secret>,
) -> Vec<Violation> {
    let members = [
        ("clientId", Some(client_id)),
        ("clientSecret", Some(client_secret.reveal())),
        ("subscriptionKey", Some(subscription_key.reveal())),
        ("secondarySubscriptionKey", secondary.map(Secret::reveal)),
    ];
    members
        .into_iter()
        .filter(|(_, value)| value.is_some_and(|value| !is_header_value(value)))
        .map(|(field, _)| {
            Violation::new(
                field,
                "format",
                "must be 1 to 255 printable ASCII characters without spaces",
            )
        })
        .collect()
}

fn is_header_value(value: &str) -> bool {
    (1..=255).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
}
