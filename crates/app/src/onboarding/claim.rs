//! Claims: proven once, and then a unit goes live when nothing else is missing.

use domain::{AssignmentId, KeySetKind, Proof};
use serde_json::{Value, json};
use store::registry::{Assignment, AssignmentState, Check, Claim, Registry};
use store::{Scope, SystemTx, Write};
use time::OffsetDateTime;

use crate::audit::{Actor, Change, Notes};
use crate::registry::invalid;
use crate::transfers::ask::{ask, done};
use crate::{App, Error, Unit, What};

/// Whether a unit could go live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoingLive {
    Live,
    /// Nobody has shown that it is the partner's.
    Unproven,
    /// No proven keys serve its credential mode, or the partner has no product profile.
    Unready,
    /// It is live with somebody: its transfer is asked for.
    Elsewhere,
}

/// Records a proof, unless there is one.
pub(crate) async fn prove(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &Assignment,
    claim: &Claim,
    notes: &mut Notes<'_>,
) -> Result<(), Error> {
    // The first proof stands: who proved what when is not overwritten by a routine look.
    if tx.system().find_claim(assignment.id).await?.is_some() {
        return Ok(());
    }
    registry.prove_claim(assignment, claim).await?;
    let proof = json!({
        "proof": claim.proof.as_str(),
        "keySetId": claim.keys.map(|keys| keys.to_string()),
        "reason": claim.reason,
    });
    notes
        .changes
        .push(Change::of(assignment, "prove", Value::Null, proof));
    Ok(())
}

/// The operator's keys open the units of every partner: whoever has only said that a unit is theirs learns nothing
/// by them, not even whether it exists.
pub(crate) async fn demand_proof(app: &App, unit: &Unit, keys: KeySetKind) -> Result<(), Error> {
    if keys != KeySetKind::Platform {
        return Ok(());
    }
    let reader = app.store().read(unit.partner, unit.environment);
    match reader.scope().find_claim(unit.assignment).await? {
        Some(_) => Ok(()),
        None => Err(Error::UnprovenForPlatform),
    }
}

/// Takes a draft live when its claim is proven, a payment through it could reach Vipps, and nobody has the
/// sales unit live. Changes of the registry come one after another, so nobody can come between.
pub(crate) async fn go_live(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &mut Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<GoingLive, Error> {
    match assignment.state {
        AssignmentState::Live => return Ok(GoingLive::Live),
        AssignmentState::Ended => return Err(Error::NotFound(What::SalesUnit)),
        AssignmentState::Draft => {}
    }
    if tx.system().find_claim(assignment.id).await?.is_none() {
        return Ok(GoingLive::Unproven);
    }
    if lack(tx, assignment).await?.is_some() {
        return Ok(GoingLive::Unready);
    }
    let holder = tx
        .system()
        .holder_beside(assignment.id, assignment.environment, &assignment.msn)
        .await?;
    if holder.is_some() {
        ask(tx, registry, assignment, notes, now).await?;
        return Ok(GoingLive::Elsewhere);
    }
    let before = assignment.clone();
    assignment.state = AssignmentState::Live;
    assignment.live_from = Some(now);
    assignment.updated_at = now;
    registry.save_assignment(assignment).await?;
    notes.changes.push(Change::set(&before, assignment));
    watch(tx, assignment, now).await?;
    done(tx, registry, assignment, notes, now).await?;
    Ok(GoingLive::Live)
}

/// What is missing for a payment through a unit to reach Vipps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Proven keys of its credential mode.
    Keys,
    /// A product profile of the partner.
    Profile,
}

/// The first thing that is missing, if anything is.
pub(crate) async fn lack(tx: &SystemTx, assignment: &Assignment) -> Result<Option<Lack>, Error> {
    let scope = tx.system().scope(assignment.partner, assignment.environment);
    let keys = scope
        .serving_keys(assignment.id, assignment.credential_mode)
        .await?;
    if keys.is_none() {
        return Ok(Some(Lack::Keys));
    }
    let has_profile = !scope.profiles().await?.is_empty();
    Ok((!has_profile).then_some(Lack::Profile))
}

/// From now on the unit is looked at every day; for the first time at once, unless it just was.
pub(crate) async fn watch(tx: &SystemTx, assignment: &Assignment, now: OffsetDateTime) -> Result<(), Error> {
    let scope = tx.system().scope(assignment.partner, assignment.environment);
    if scope.find_check(assignment.id).await?.is_none() {
        scope.save_check(&unseen(scope, assignment.id, now)).await?;
    }
    Ok(())
}

/// A unit of these rows that was not looked at yet.
pub(super) fn unseen(rows: Scope<'_, Write>, assignment: AssignmentId, due_at: OffsetDateTime) -> Check {
    Check {
        assignment,
        partner: rows.partner(),
        environment: rows.environment(),
        keys: None,
        trouble: None,
        checked_at: None,
        due_at,
    }
}

/// The operator has looked into a claim, and answers for it with a reason.
///
/// # Errors
/// `NotFound(SalesUnit)`; [`Error::Invalid`] without a reason, or for an assignment that has ended.
pub async fn verify_by_operator(app: &App, by: &Actor, id: AssignmentId) -> Result<Assignment, Error> {
    if by.reason().is_empty() {
        return Err(invalid(
            "reason",
            "required",
            "must say why the claim is believed",
        ));
    }
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_assignment(id).await?;
    let mut assignment = found.ok_or(Error::NotFound(What::SalesUnit))?;
    if assignment.state == AssignmentState::Ended {
        return Err(invalid("state", "state", "has ended; assign the sales unit anew"));
    }
    let claim = by_operator(id, by.name(), by.reason(), now);
    let mut notes = Notes::of(app, by);
    prove(&tx, &registry, &assignment, &claim, &mut notes).await?;
    go_live(&tx, &registry, &mut assignment, &mut notes, now).await?;
    app.changed(tx, by, &notes.changes).await?;
    Ok(assignment)
}

pub(crate) fn by_operator(id: AssignmentId, actor: &str, reason: &str, now: OffsetDateTime) -> Claim {
    Claim {
        assignment: id,
        proof: Proof::Operator,
        keys: None,
        actor: actor.to_owned(),
        reason: reason.to_owned(),
        proven_at: now,
    }
}
