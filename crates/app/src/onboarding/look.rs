//! A look at how Vipps takes a sales unit's keys, and what follows from it.

use std::sync::Arc;

use domain::{AssignmentId, Environment, KeySet, KeySetId, KeySetKind, Msn, PartnerId, Proof, TraceContext};
use store::registry::{Assignment, AssignmentState, Check, Claim, Disconnection, Registry};
use store::{Scope as Rows, SystemTx, Write};
use time::{Duration, OffsetDateTime};

use super::HeldUnit;
use super::claim::{GoingLive, demand_proof, go_live, prove, unseen};
use super::diagnosis::{Depth, Finding, Subject, diagnose};
use crate::audit::{Actor, Notes};
use crate::served::Served;
use crate::{App, Caller, Error, Scope, Unit, What};

/// How often a unit that is well is looked at.
const DAILY: Duration = Duration::DAY;
/// And one that is not, or that Vipps could not be asked about.
const SOON: Duration = Duration::HOUR;

/// Looks at the caller's sales unit now, proves its claim with the keys that serve it if that is due, and has it
/// go live when nothing else is missing.
///
/// # Errors
/// `NotFound(SalesUnit)`; [`Error::WithoutKeys`]; [`Error::UnprovenForPlatform`]: the operator's keys look at no unit of which
/// nobody has shown whose it is; [`Error::VippsUnavailable`]; [`Error::Crowded`].
pub async fn probe(app: &App, caller: &Caller, msn: &Msn) -> Result<HeldUnit, Error> {
    caller.demand(Scope::MerchantsManage)?;
    let unit = app.held(caller, msn).await?;
    let finding = look_closely(app, &unit, Depth::Product, &caller.actor()).await?;
    if finding == Finding::Unknown {
        return Err(unavailable());
    }
    app.held_unit(caller, msn).await
}

/// The same, for the operator.
///
/// # Errors
/// As [`probe`].
pub async fn probe_by_operator(app: &App, by: &Actor, id: AssignmentId) -> Result<HeldUnit, Error> {
    let unit = app.unit_for_operator(id).await?;
    let finding = look_closely(app, &unit, Depth::Product, by).await?;
    if finding == Finding::Unknown {
        return Err(unavailable());
    }
    app.unit_of_assignment(id).await
}

/// The daily look, by the gateway itself.
///
/// # Errors
/// [`Error::Unavailable`]; `NotFound(SalesUnit)` when it is gone.
pub(crate) async fn look(
    app: &App,
    partner: PartnerId,
    environment: Environment,
    assignment: AssignmentId,
) -> Result<(), Error> {
    let unit = app.assigned_unit(partner, environment, assignment).await?;
    if unit.state == AssignmentState::Ended {
        let tx = app
            .store()
            .begin_system("sales unit that nobody holds any more")
            .await?;
        forget_standing(&tx, partner, environment, assignment).await?;
        tx.commit().await?;
        return Ok(());
    }
    // When calls fail, what matters is whether payments can be made; otherwise the connection will do.
    let reader = app.store().read(partner, environment);
    let fails = reader.scope().disconnections().await?;
    let fails = fails.iter().any(|row| row.assignment == assignment);
    let depth = if fails { Depth::Product } else { Depth::Connection };
    match look_closely(app, &unit, depth, &Actor::gateway()).await {
        Ok(_) | Err(Error::WithoutKeys | Error::UnprovenForPlatform) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Nobody is told how a unit stands whose assignment has ended.
pub(crate) async fn forget_standing(
    tx: &SystemTx,
    partner: PartnerId,
    environment: Environment,
    assignment: AssignmentId,
) -> Result<(), Error> {
    let system = tx.system();
    system.scope(partner, environment).reconnect(assignment).await?;
    Ok(system.forget_check(assignment).await?)
}

async fn look_closely(app: &App, unit: &Unit, depth: Depth, by: &Actor) -> Result<Finding, Error> {
    let keys = match unit.keys.clone() {
        Some(keys) => demand_proof(app, unit, keys.kind).await.map(|()| keys),
        None => Err(Error::WithoutKeys),
    };
    if let Err(Error::WithoutKeys | Error::UnprovenForPlatform) = keys {
        let tx = app.store().begin(unit.partner, unit.environment).await?;
        let rows = tx.scope();
        rows.save_check(&unseen(rows, unit.assignment, app.now() + DAILY))
            .await?;
        tx.commit().await?;
    }
    let keys = keys?;
    let subject = subject(app, unit, keys).await?;
    let finding = ask(app, &subject, depth).await?;
    conclude(app, unit, &subject, &finding, by).await?;
    Ok(finding)
}

/// Asks Vipps, within the limits on how much is under way at the same time.
pub(crate) async fn ask(app: &App, subject: &Subject, depth: Depth) -> Result<Finding, Error> {
    let until = app.now() + app.settings().call_limit;
    let _place = app.enter(&subject.served, until).await?;
    Ok(tokio::select! {
        biased;
        finding = diagnose(app, subject, depth) => finding,
        () = app.clock().sleep_until(until) => Finding::Unknown,
    })
}

/// Tries keys that are to serve the unit from now on. Comes back only with [`Finding::Belongs`].
///
/// # Errors
/// [`Error::KeysRefused`]; [`Error::VippsUnavailable`]; [`Error::Crowded`].
pub(super) async fn accepted(app: &App, unit: &Unit, keys: Arc<KeySet>) -> Result<Finding, Error> {
    let subject = subject(app, unit, keys).await?;
    match ask(app, &subject, Depth::Product).await? {
        Finding::Unknown => Err(unavailable()),
        Finding::Refused(refusal) => Err(refusal.into()),
        belongs @ Finding::Belongs { .. } => Ok(belongs),
    }
}

/// What a look at a unit with these keys needs.
pub(crate) async fn subject(app: &App, unit: &Unit, keys: Arc<KeySet>) -> Result<Subject, Error> {
    let reader = app.store().read(unit.partner, unit.environment);
    let merchant = reader.scope().find_merchant(unit.merchant).await?;
    let merchant = merchant.ok_or(Error::NotFound(What::Merchant))?;
    let claim = reader.scope().find_claim(unit.assignment).await?;
    let check = reader.scope().find_check(unit.assignment).await?;
    let proved = claim.is_some_and(|claim| claim.keys == Some(keys.id));
    let was_well = check.is_some_and(|check| {
        check.checked_at.is_some() && check.trouble.is_none() && check.keys == Some((keys.id, keys.version))
    });
    let product = match &unit.product {
        Some(product) => Arc::clone(product),
        None => Arc::new(app.vipps().operator().clone()),
    };
    let with_them = Unit {
        keys: Some(keys),
        product: Some(product),
        ..unit.clone()
    };
    Ok(Subject {
        has_opened: proved || was_well,
        country: merchant.country,
        organisation_number: merchant.organisation_number,
        served: Served::of(&with_them, TraceContext::default())?,
    })
}

/// What these keys have shown, if they can show anything: the operator's open the units of every partner.
fn shown(keys: &KeySet, finding: &Finding) -> Option<Proof> {
    let Finding::Belongs { managed, .. } = finding else {
        return None;
    };
    match keys.kind {
        KeySetKind::SalesUnit => Some(Proof::OwnKeys),
        KeySetKind::Partner if *managed => Some(Proof::Management),
        KeySetKind::Partner | KeySetKind::Platform | KeySetKind::Accounting => None,
    }
}

/// Writes down what was found, in one transaction with what follows from it.
async fn conclude(
    app: &App,
    unit: &Unit,
    subject: &Subject,
    finding: &Finding,
    by: &Actor,
) -> Result<(), Error> {
    let now = app.now();
    let keys = &subject.served.access.keys;
    if unit.state == AssignmentState::Draft && matches!(finding, Finding::Belongs { .. }) {
        let tx = app.change().await?;
        let registry = tx.system().change_registry().await?;
        let found = tx.system().find_assignment(unit.assignment).await?;
        let mut assignment = found.ok_or(Error::NotFound(What::SalesUnit))?;
        let mut notes = Notes::of(app, by);
        settle(&tx, &registry, &mut assignment, keys, finding, &mut notes, now).await?;
        return app.changed(tx, by, &notes.changes).await;
    }
    let tx = app.store().begin(unit.partner, unit.environment).await?;
    note(tx.scope(), unit.assignment, keys, finding, now).await?;
    tx.commit().await?;
    // What was found acts in this process at once.
    app.adopt_disconnections().await.map(drop)
}

/// Within a change of the registry: what the keys have shown is recorded, a draft that lacks nothing else goes
/// live, and what was found is noted.
pub(crate) async fn settle(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &mut Assignment,
    keys: &KeySet,
    finding: &Finding,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<GoingLive, Error> {
    if let Some(proof) = shown(keys, finding) {
        let claim = claim_of(assignment.id, proof, keys.id, notes.by.name(), now);
        prove(tx, registry, assignment, &claim, notes).await?;
    }
    let going = go_live(tx, registry, assignment, notes, now).await?;
    let rows = tx.system().scope(assignment.partner, assignment.environment);
    note(rows, assignment.id, keys, finding, now).await?;
    Ok(going)
}

fn claim_of(
    assignment: AssignmentId,
    proof: Proof,
    keys: KeySetId,
    actor: &str,
    now: OffsetDateTime,
) -> Claim {
    Claim {
        assignment,
        proof,
        keys: Some(keys),
        actor: actor.to_owned(),
        reason: String::new(),
        proven_at: now,
    }
}

/// The result of a look beside the unit: for its partner, and for whoever would call Vipps.
async fn note(
    rows: Rows<'_, Write>,
    assignment: AssignmentId,
    keys: &KeySet,
    finding: &Finding,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let (trouble, status) = match finding {
        Finding::Unknown => {
            rows.check_by(assignment, now + SOON).await?;
            return Ok(());
        }
        Finding::Belongs { trouble, .. } => (*trouble, 403),
        Finding::Refused(refusal) => {
            let status = refusal.rejected.as_ref().map_or(403, |rejected| rejected.status);
            (Some(refusal.trouble), status)
        }
    };
    let before = rows.find_check(assignment).await?.and_then(|check| check.trouble);
    let since = before
        .filter(|(before, _)| Some(*before) == trouble)
        .map_or(now, |(_, since)| since);
    let pause = if trouble.is_some() { SOON } else { DAILY };
    let check = Check {
        assignment,
        partner: rows.partner(),
        environment: rows.environment(),
        keys: Some((keys.id, keys.version)),
        trouble: trouble.map(|trouble| (trouble, since)),
        checked_at: Some(now),
        due_at: now + pause,
    };
    rows.save_check(&check).await?;
    match trouble {
        None => rows.reconnect(assignment).await?,
        Some(trouble) => {
            let found = Disconnection {
                assignment,
                partner: rows.partner(),
                environment: rows.environment(),
                keys: keys.id,
                keys_version: keys.version,
                status,
                because: format!("{} {}", trouble.reason(), trouble.remedy()),
                since,
            };
            rows.disconnect(&found).await?;
        }
    }
    Ok(())
}

const fn unavailable() -> Error {
    Error::VippsUnavailable {
        retry_after: Duration::seconds(5),
    }
}
