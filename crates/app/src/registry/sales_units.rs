//! Sales units and who holds them.

use domain::{AssignmentId, CredentialMode, Environment, MerchantId, Msn, PartnerId, ProfileId, SalesUnitId};
use store::registry::SalesUnit;

use super::change::{invalid, name, taken};
use super::key_switches;
use super::{Assignment, AssignmentState, Market, Orphans, Part, page};
use crate::audit::{Actor, Change, Notes};
use crate::onboarding::claim::{Lack, by_operator, lack, prove, watch};
use crate::onboarding::look::forget_standing;
use crate::{App, Error, What};

const RULES: &[(&str, &str, &str)] = &[
    (
        "uq_assignments_live",
        "state",
        "cannot be live: the sales unit is live with a partner in this environment",
    ),
    (
        "uq_assignments_open",
        "msn",
        "is assigned to this partner in this environment already",
    ),
];

/// An assignment to be: a draft, which reserves nothing until it goes live.
#[derive(Debug, Clone)]
pub struct Add {
    pub partner: PartnerId,
    pub environment: Environment,
    pub merchant: MerchantId,
    pub msn: Msn,
    pub name: String,
    pub market: Market,
    pub credential_mode: CredentialMode,
    pub profile: Option<ProfileId>,
    pub orphans: Orphans,
}

/// # Errors
/// [`Error::Invalid`]; `NotFound(Merchant)`, `NotFound(Profile)`, also for another partner's.
pub async fn add(app: &App, by: &Actor, add: Add) -> Result<Assignment, Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let assignment = draft(app, &tx, &registry, add).await?;
    app.changed(tx, by, &[Change::added(&assignment)]).await?;
    Ok(assignment)
}

/// The same within a change of the registry that does more.
pub(crate) async fn draft(
    app: &App,
    tx: &store::SystemTx,
    registry: &store::registry::Registry<'_>,
    add: Add,
) -> Result<Assignment, Error> {
    let called = name("name", &add.name)?;
    check_mode(add.credential_mode, add.environment)?;
    let now = app.clock().now();
    let merchant = tx.system().find_merchant(add.merchant).await?;
    if !merchant
        .is_some_and(|merchant| merchant.partner == add.partner && merchant.environment == add.environment)
    {
        return Err(Error::NotFound(What::Merchant));
    }
    demand_profile(tx, add.profile, add.partner, add.environment).await?;
    // The same statements whether or not anybody has named the unit before.
    let unit = SalesUnit {
        id: SalesUnitId::from_uuid(app.clock().new_id()),
        environment: add.environment,
        msn: add.msn.clone(),
        market: add.market,
        created_at: now,
        updated_at: now,
    };
    let sales_unit = registry.known_sales_unit(&unit).await?;
    let assignment = Assignment {
        id: AssignmentId::from_uuid(app.clock().new_id()),
        partner: add.partner,
        environment: add.environment,
        merchant: add.merchant,
        sales_unit: sales_unit.id,
        msn: add.msn,
        name: called,
        state: AssignmentState::Draft,
        credential_mode: add.credential_mode,
        profile: add.profile,
        orphans: add.orphans,
        closing: None,
        market: Some(add.market),
        live_from: None,
        ended_at: None,
        created_at: now,
        updated_at: now,
    };
    registry
        .add_assignment(&assignment)
        .await
        .map_err(|error| taken(error, RULES))?;
    Ok(assignment)
}

pub async fn list(app: &App, partner: Option<PartnerId>) -> Result<Vec<Assignment>, Error> {
    let reader = app.store().read_system("assignment list");
    Ok(reader.system().list_assignments(partner, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    partner: Option<PartnerId>,
    after: Option<AssignmentId>,
    limit: u32,
) -> Result<(Vec<Assignment>, Option<AssignmentId>), Error> {
    let reader = app.store().read_system("assignment page");
    let part = page::part(after.map(AssignmentId::uuid), limit);
    let found = reader.system().list_assignments(partner, part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(SalesUnit)`.
pub async fn show(app: &App, id: AssignmentId) -> Result<Assignment, Error> {
    let reader = app.store().read_system("assignment show");
    reader
        .system()
        .find_assignment(id)
        .await?
        .ok_or(Error::NotFound(What::SalesUnit))
}

/// What changes; absent = stays.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub name: Option<String>,
    pub credential_mode: Option<CredentialMode>,
    pub profile: Option<ProfileId>,
    pub orphans: Option<Orphans>,
    /// Draft → live → ended, and draft → ended. An ended assignment stays so; assign anew.
    pub state: Option<AssignmentState>,
}

/// # Errors
/// [`Error::Invalid`]: no such step, live elsewhere, or no proven keys or product profile to go live with;
/// `NotFound(SalesUnit)`, `NotFound(Profile)`.
pub async fn set(app: &App, by: &Actor, id: AssignmentId, changes: Changes) -> Result<Assignment, Error> {
    let now = app.clock().now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_assignment(id).await?;
    let before = found.ok_or(Error::NotFound(What::SalesUnit))?;
    let mut assignment = before.clone();
    if let Some(called) = changes.name {
        assignment.name = name("name", &called)?;
    }
    if let Some(mode) = changes.credential_mode {
        check_mode(mode, assignment.environment)?;
        assignment.credential_mode = mode;
    }
    if changes.profile.is_some() {
        demand_profile(&tx, changes.profile, assignment.partner, assignment.environment).await?;
        assignment.profile = changes.profile;
    }
    if let Some(orphans) = changes.orphans {
        assignment.orphans = orphans;
    }
    if let Some(state) = changes.state {
        step(&mut assignment, state, now)?;
    }
    if assignment.state == AssignmentState::Ended {
        // Whoever has seen it live ends first: nothing is begun for it any more once this is committed.
        tx.system().hold_standing(id).await?;
    }
    let mut notes = Notes::of(app, by);
    key_switches::change_mode(&tx, &registry, &before, &assignment, &mut notes, now).await?;
    if assignment.state == AssignmentState::Live {
        demand_readiness(&tx, &assignment).await?;
    }
    if before.state == AssignmentState::Draft && assignment.state == AssignmentState::Live {
        demand_nothing_left(&tx, &assignment).await?;
    }
    assignment.updated_at = now;
    registry
        .save_assignment(&assignment)
        .await
        .map_err(|error| taken(error, RULES))?;
    notes.changes.push(Change::set(&before, &assignment));
    match assignment.state {
        AssignmentState::Live => {
            let claim = by_operator(assignment.id, by.name(), "taken live by the operator", now);
            prove(&tx, &registry, &assignment, &claim, &mut notes).await?;
            watch(&tx, &assignment, now).await?;
        }
        AssignmentState::Ended => {
            forget_standing(&tx, assignment.partner, assignment.environment, id).await?;
        }
        AssignmentState::Draft => {}
    }
    app.changed(tx, by, &notes.changes).await?;
    Ok(assignment)
}

fn step(assignment: &mut Assignment, to: AssignmentState, now: time::OffsetDateTime) -> Result<(), Error> {
    match (assignment.state, to) {
        (AssignmentState::Draft, AssignmentState::Live) => {
            assignment.live_from = Some(now);
        }
        (AssignmentState::Draft | AssignmentState::Live, AssignmentState::Ended) => {
            assignment.ended_at = Some(now);
        }
        (from, to) if from == to => {}
        (AssignmentState::Draft | AssignmentState::Live | AssignmentState::Ended, _) => {
            return Err(invalid(
                "state",
                "state",
                "goes from draft to live to ended and never back; assign the sales unit anew",
            ));
        }
    }
    assignment.state = to;
    Ok(())
}

/// A unit goes live when a payment through it could reach Vipps.
async fn demand_readiness(tx: &store::SystemTx, assignment: &Assignment) -> Result<(), Error> {
    match lack(tx, assignment).await? {
        None => Ok(()),
        Some(Lack::Keys) => Err(invalid(
            "credentialMode",
            "keys",
            "has no proven key set; add one with `nordbro keys add` first",
        )),
        Some(Lack::Profile) => Err(invalid(
            "profile",
            "required",
            "the partner has no product profile; add one with `nordbro profile add` first",
        )),
    }
}

/// What an earlier assignment began could still be sent: then a transfer settles or freezes it first.
async fn demand_nothing_left(tx: &store::SystemTx, assignment: &Assignment) -> Result<(), Error> {
    let holder = tx
        .system()
        .holder_beside(assignment.id, assignment.environment, &assignment.msn)
        .await?;
    match holder {
        Some(holder) if holder.state == AssignmentState::Ended => Err(invalid(
            "state",
            "state",
            "cannot be live yet: an earlier assignment of the sales unit left something unsettled; verify the claim, and a \
             transfer takes it over",
        )),
        // Live elsewhere is told by the rule of the table.
        Some(_) | None => Ok(()),
    }
}

async fn demand_profile(
    tx: &store::SystemTx,
    profile: Option<ProfileId>,
    partner: PartnerId,
    environment: Environment,
) -> Result<(), Error> {
    let Some(profile) = profile else { return Ok(()) };
    let found = tx.system().find_profile(profile).await?;
    if found.is_some_and(|profile| profile.partner == partner && profile.environment == environment) {
        Ok(())
    } else {
        Err(Error::NotFound(What::Profile))
    }
}

/// The market of a merchant's own country, where it is one of Vipps'.
pub(crate) fn home_market(country: &str) -> Option<Market> {
    Market::ALL.into_iter().find(|market| market.as_str() == country)
}

/// Vipps gives partner keys for production only.
pub(crate) fn check_mode(mode: CredentialMode, environment: Environment) -> Result<(), Error> {
    if mode == CredentialMode::Partner && environment == Environment::Test {
        return Err(invalid(
            "credentialMode",
            "enum",
            "cannot be partner in the test environment: partner keys exist for production only",
        ));
    }
    Ok(())
}
