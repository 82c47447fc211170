//! What must hold: the gateway's books, the partner's answers and the simulator's ledger side by side.

use std::collections::BTreeSet;

use domain::Aggregate;
use domain::operation::{Kind, Status};
use simulator::EventName;
use time::Duration;

use super::audit::Operation;
use super::history::History;
use super::wish::Said;

/// How long after the end of all trouble every operation has ended: a dead owner's lease, then the published
/// minute and one back-off.
pub(super) const BOUND: Duration = Duration::seconds(45 + 60 + 31);

/// After every act.
pub(super) async fn always(history: &mut History<'_>) -> Result<(), String> {
    let reference = history.reference.as_str();
    let operations = history.stage.audit.operations(reference).await;
    let open = operations.iter().filter(|one| one.is_open()).count();
    if open > 1 {
        return Err(format!(
            "{open} operations on one payment at once: {operations:?}"
        ));
    }
    let now = history.stage.audit.payment(reference).await;
    if let (Some(before), Some(after)) = (&history.books, &now) {
        let was_final = before.state != "CREATED";
        if !after.sums.has_grown_from(before.sums) || (was_final && after.state != before.state) {
            return Err(format!("the books went back from {before:?} to {after:?}"));
        }
    }
    history.books = now;
    Ok(())
}

pub(super) async fn at_the_end(history: &mut History<'_>) -> Result<(), String> {
    always(history).await?;
    testkit::same_bytes(history.stage.world.simulator.test())?;
    let operations = history.stage.audit.operations(history.reference.as_str()).await;
    let ledger = history.ledger();
    let effects = |key: &str| {
        ledger
            .iter()
            .filter(|(_, _, cause)| cause.as_deref() == Some(key))
            .count()
    };
    let is_cancelled = ledger
        .iter()
        .any(|(name, ..)| matches!(name, EventName::Cancelled | EventName::Terminated));
    for (index, operation) in operations.iter().enumerate() {
        let done = effects(&operation.upstream_key);
        let used_again = operations
            .iter()
            .enumerate()
            .any(|(other, one)| other != index && one.upstream_key == operation.upstream_key);
        let holds = match operation.status.as_str() {
            "succeeded" => done == 1 || (operation.kind == "cancel" && is_cancelled),
            "refused" | "not_created" => done == 0 || used_again,
            _ => may_be_open(history, operation)?,
        };
        if !holds {
            return Err(format!(
                "the books contradict the ledger: {operation:?}, {ledger:?}"
            ));
        }
        count(history, operation);
    }
    answers(history, &operations, effects)?;
    sums(history, &ledger)
}

fn count(history: &mut History<'_>, operation: &Operation) {
    history
        .coverage
        .met(match (operation.status.as_str(), &operation.release) {
            ("succeeded", _) => "end: succeeded",
            ("not_created", _) => "end: not created",
            ("refused", None) => "end: refused",
            ("refused", Some(_)) => "end: refused, the key is free",
            _ => "end: unknown beyond the horizon",
        });
}

/// What was first sent longer than the horizon before trouble ended, and nothing else.
fn may_be_open(history: &History<'_>, operation: &Operation) -> Result<bool, String> {
    // A call that would not be over within the horizon does not leave.
    let settings = history.app.settings();
    let horizon = settings.replay_horizon - settings.call_limit;
    let last = history.quiet_since + BOUND - horizon;
    let last = last.unix_timestamp_nanos() / 1_000;
    if i128::from(operation.first_sent_at) <= last {
        return Ok(true);
    }
    Err(format!("still open long after all trouble ended: {operation:?}"))
}

fn answers(
    history: &History<'_>,
    operations: &[Operation],
    effects: impl Fn(&str) -> usize,
) -> Result<(), String> {
    for (index, wish) in history.wishes.iter().enumerate() {
        let keys: BTreeSet<_> = operations
            .iter()
            .filter(|one| one.key == wish.key)
            .map(|one| one.upstream_key.as_str())
            .collect();
        let happened: usize = keys.iter().map(|key| effects(key)).sum();
        if happened > 1 {
            return Err(format!("doubled: {wish:?} happened {happened} times"));
        }
        for (_, said) in history.answers.iter().filter(|(on, _)| *on == index) {
            let holds = match said {
                Said::Ended(Status::Succeeded) => happened == 1 || wish.kind == Kind::Cancel,
                Said::Ended(Status::Refused | Status::NotCreated | Status::Abandoned) => happened == 0,
                Said::Ended(Status::Pending | Status::Unknown) | Said::StillOpen | Said::No => true,
            };
            if !holds {
                return Err(format!(
                    "{wish:?} was answered {said:?} and happened {happened} times"
                ));
            }
        }
    }
    Ok(())
}

fn sums(history: &History<'_>, ledger: &[(EventName, i64, Option<String>)]) -> Result<(), String> {
    let Some(books) = history.books.as_ref().filter(|books| books.presence == "present") else {
        return Ok(());
    };
    let of = |name| {
        ledger
            .iter()
            .filter(|(it, ..)| *it == name)
            .map(|(_, amount, _)| amount)
            .sum()
    };
    let truth = Aggregate {
        authorized: of(EventName::Authorized),
        captured: of(EventName::Captured),
        refunded: of(EventName::Refunded),
        cancelled: of(EventName::Cancelled),
    };
    if books.sums == truth {
        return Ok(());
    }
    Err(format!("the books have {:?}, the ledger {truth:?}", books.sums))
}
