//! What must hold: the gateway's books, the partner's answers and Vipps' truth side by side.

use domain::EventName;
use domain::operation::{Kind, Status};
use time::Duration;

use super::books::{Operation, Presence};
use super::history::{History, Said};

/// How long after the end of all trouble every operation has ended: a dead owner's lease, then the published
/// minute and one back-off.
pub(super) const BOUND: Duration = Duration::seconds(45 + 60 + 31);

pub(super) fn always(history: &History) -> Result<(), String> {
    let books = &history.books;
    let open = books.operations.iter().filter(|one| one.status.is_open()).count();
    if open > 1 {
        return Err(format!("{open} operations on one payment at once"));
    }
    for kind in Kind::ALL {
        let sent: Vec<_> = books.sent_times(kind);
        for from in &sent {
            let within = sent
                .iter()
                .filter(|at| **at >= *from && **at - *from < Duration::MINUTE)
                .count();
            if within > 5 {
                return Err(format!("{within} sends of {kind} within a minute"));
            }
        }
    }
    let seen = &history.line.vipps.seen;
    let bytes = |index: usize| {
        (
            seen[index].1.kind,
            seen[index].1.body,
            seen[index].1.transaction_only,
        )
    };
    for (index, (_, call)) in seen.iter().enumerate() {
        if let Some(first) = seen.iter().position(|(_, other)| other.key == call.key)
            && bytes(first) != bytes(index)
        {
            return Err("one key left with two bodies".to_owned());
        }
    }
    Ok(())
}

pub(super) fn at_the_end(history: &History) -> Result<(), String> {
    for (index, operation) in history.books.operations.iter().enumerate() {
        of_operation(history, index, operation)?;
    }
    for (wish, wanted) in history.wishes.iter().enumerate() {
        let effects: usize = history
            .books
            .operations
            .iter()
            .filter(|one| one.wish == *wanted)
            .map(|one| one.upstream.clone())
            .collect::<std::collections::HashSet<_>>()
            .iter()
            .map(|key| effects(history, key))
            .sum();
        if effects > 1 {
            return Err(format!("doubled: {wanted:?} happened {effects} times"));
        }
        let said_yes = history
            .answers
            .iter()
            .any(|(on, _, said)| *on == wish && matches!(said, Said::Ended(Status::Succeeded, _)));
        if said_yes && effects == 0 && wanted.kind != Kind::Cancel {
            return Err(format!(
                "lost: {wanted:?} was answered with a yes and never happened"
            ));
        }
    }
    same_sums(history)
}

fn effects(history: &History, key: &domain::UpstreamKey) -> usize {
    let entries = &history.line.vipps.entries;
    entries
        .iter()
        .filter(|entry| entry.success && entry.key.as_ref() == Some(key))
        .count()
}

fn of_operation(history: &History, index: usize, operation: &Operation) -> Result<(), String> {
    let done = effects(history, &operation.upstream);
    // Nothing left under this operation: the same key may have been used again later, and rightly.
    let used_again = history
        .books
        .operations
        .iter()
        .enumerate()
        .any(|(other, one)| other != index && one.upstream == operation.upstream);
    match operation.status {
        Status::Succeeded if done == 1 => Ok(()),
        // By its state alone: somebody else may have cancelled.
        Status::Succeeded if operation.wish.kind == Kind::Cancel && is_cancelled(history) => Ok(()),
        Status::Succeeded => Err(format!(
            "the books say it succeeded, Vipps {done} times: {operation:?}"
        )),
        Status::Refused | Status::NotCreated | Status::Abandoned if done == 0 || used_again => Ok(()),
        Status::Refused | Status::NotCreated | Status::Abandoned => {
            Err(format!("the books say no and it happened: {operation:?}"))
        }
        Status::Pending | Status::Unknown => may_be_unknown(history, operation),
    }
}

/// Only what was first sent longer than the horizon before the trouble ended, or under other keys.
fn may_be_unknown(history: &History, operation: &Operation) -> Result<(), String> {
    let horizon = operation.sent.first + history.books.settings.replay_horizon;
    let is_beyond = horizon <= history.quiet_since + BOUND;
    let is_foreign = operation.client != history.client;
    if is_beyond || is_foreign {
        return Ok(());
    }
    Err(format!("still open long after all trouble ended: {operation:?}"))
}

fn is_cancelled(history: &History) -> bool {
    history
        .line
        .vipps
        .entries
        .iter()
        .any(|entry| entry.success && matches!(entry.name, EventName::Cancelled | EventName::Terminated))
}

fn same_sums(history: &History) -> Result<(), String> {
    let books = &history.books;
    let Some(payment) = books
        .payment
        .as_ref()
        .filter(|_| books.presence == Presence::Present)
    else {
        return Ok(());
    };
    let vipps = &history.line.vipps;
    if payment.aggregate != vipps.sums() || Some(payment.state) != vipps.state() {
        return Err(format!(
            "the books have {:?} {:?}, Vipps {:?} {:?}",
            payment.state,
            payment.aggregate,
            vipps.state(),
            vipps.sums()
        ));
    }
    Ok(())
}
