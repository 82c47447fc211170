//! Sending receipts from the outbox. A receipt has no key at Vipps and is written once, so a conflict is
//! settled by reading what is there.

use domain::receipt::Abandoned;
use domain::{Closing, Outcome, Rejected};
use outbound::vipps::{ReadError, prepare};
use store::money::{DueReceipt, ReceiptEnd, ReceiptRecord};
use store::registry::{AssignmentStanding, AssignmentState};
use time::{Duration, OffsetDateTime};

use super::each;
use crate::admission::Purpose;
use crate::receipts::holds;
use crate::served::Served;
use crate::transfers::step::in_flight;
use crate::{App, Error};

/// The longest pause between two tries of one receipt.
const LONGEST: Duration = Duration::hours(1);

/// Tries every receipt that is due, once. Returns how many were tried.
///
/// # Errors
/// The store did not say what is due. What fails with one receipt is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let due = {
        let reader = app.store().read_system("outbox: receipts that are due");
        reader
            .system()
            .due_receipts(now, u64::from(app.settings().batch))
            .await?
    };
    let tried = each(app, due, |due| async move {
        match attempt(app, due).await {
            Ok(tried) => tried,
            Err(error) => {
                tracing::error!(
                    receipt.id = %due.receipt,
                    error = &error as &dyn std::error::Error,
                    "a receipt could not be pushed"
                );
                set_aside(app, due).await;
                false
            }
        }
    });
    Ok(tried.await)
}

/// What cannot even be claimed would else be the longest waiting for ever, and hold up everybody's.
async fn set_aside(app: &App, due: DueReceipt) {
    let now = app.now();
    let work = async {
        let tx = app.store().begin(due.partner, due.environment).await?;
        tx.scope()
            .set_receipt_aside(due.receipt, now, now + LONGEST)
            .await?;
        tx.commit().await
    };
    if let Err(error) = work.await {
        tracing::error!(
            receipt.id = %due.receipt,
            error = &error as &dyn std::error::Error,
            "a receipt could not be set aside"
        );
    }
}

async fn attempt(app: &App, due: DueReceipt) -> Result<bool, Error> {
    let now = app.now();
    let until = now + app.settings().lease;
    let Some((receipt, standing)) = claim(app, due, now, until).await? else {
        return Ok(false);
    };
    let unit = app.served_assignment(due.partner, due.environment, receipt.assignment);
    let end = match unit.await {
        Ok(unit) => push(app, &unit, &receipt, until).await,
        Err(error) => {
            tracing::warn!(receipt.id = %due.receipt, %error, "a receipt has to wait for its sales unit");
            later(app, &receipt, None)
        }
    };
    let end = match standing.state {
        AssignmentState::Ended => for_an_ended_unit(app, &receipt, end),
        AssignmentState::Draft | AssignmentState::Live => end,
    };
    let tx = app.store().begin(due.partner, due.environment).await?;
    match tx.scope().end_receipt_try(&receipt, &end).await {
        Ok(()) => tx.commit().await?,
        // The lease ran out and somebody else tries; what is at Vipps decides for both.
        Err(store::Error::Stale) => tx.rollback().await?,
        Err(error) => return Err(error.into()),
    }
    Ok(true)
}

/// Takes a receipt for one try, if one may leave for its sales unit. What the registry's view says may be old, so the
/// mark is read in the transaction that claims: from a freeze on nothing leaves, and what left before it is over before
/// the unit is another partner's.
async fn claim(
    app: &App,
    due: DueReceipt,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Option<(ReceiptRecord, AssignmentStanding)>, Error> {
    let tx = app.store().begin(due.partner, due.environment).await?;
    let scope = tx.scope();
    let Some(receipt) = scope.claim_receipt(due.receipt, now, until).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let standing = scope.standing(receipt.assignment).await?;
    let end = match standing.closing {
        None | Some(Closing::Draining) => None,
        // By then the transfer is over, one way or the other, or the next round will end it.
        Some(Closing::Frozen) => Some(ReceiptEnd::Later {
            reason: receipt.reason.clone(),
            at: now + in_flight(app),
        }),
        Some(Closing::Moved) => Some(ReceiptEnd::Abandoned {
            why: Abandoned::UnitMoved,
            at: now,
        }),
    };
    if let Some(end) = &end {
        scope.end_receipt_try(&receipt, end).await?;
    }
    tx.commit().await?;
    Ok(end.is_none().then_some((receipt, standing)))
}

/// For a unit that is not served any more a receipt is tried for as long as its pauses grow, which is about an hour in
/// all: nothing makes such a unit work again.
fn for_an_ended_unit(app: &App, receipt: &ReceiptRecord, end: ReceiptEnd) -> ReceiptEnd {
    match end {
        ReceiptEnd::Later { .. } if pause(receipt) >= LONGEST => ReceiptEnd::Abandoned {
            why: Abandoned::UnitEnded,
            at: app.now(),
        },
        ReceiptEnd::Later { .. }
        | ReceiptEnd::Sent { .. }
        | ReceiptEnd::Refused { .. }
        | ReceiptEnd::Abandoned { .. } => end,
    }
}

async fn push(app: &App, unit: &Served, receipt: &ReceiptRecord, until: OffsetDateTime) -> ReceiptEnd {
    let envelope = prepare::receipt(&receipt.reference, &receipt.body);
    let limit = app.now() + app.settings().call_limit;
    if limit > until {
        // Its lease could end before the answer, and the unit be another partner's by then.
        return later(app, receipt, receipt.reason.clone());
    }
    let outcome = app.send_out(unit, &envelope, Purpose::Begin, limit).await;
    match outcome {
        Outcome::Accepted(_) => ReceiptEnd::Sent { at: app.now() },
        Outcome::Rejected(rejected) if rejected.status == 409 => {
            what_is_there(app, unit, receipt, rejected).await
        }
        Outcome::Rejected(rejected) if is_final(&rejected) => ReceiptEnd::Refused {
            reason: rejected,
            at: app.now(),
        },
        Outcome::Rejected(rejected) => later(app, receipt, Some(rejected)),
        // It may be there already; then the next try meets a conflict and reads.
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => later(app, receipt, None),
    }
}

async fn what_is_there(app: &App, unit: &Served, receipt: &ReceiptRecord, rejected: Rejected) -> ReceiptEnd {
    match app.read_order(unit, &receipt.reference).await {
        Ok(order) => match order.receipt {
            Some(there) if holds(there.as_bytes(), &receipt.body) => ReceiptEnd::Sent { at: app.now() },
            Some(_) => ReceiptEnd::Refused {
                reason: rejected,
                at: app.now(),
            },
            None => later(app, receipt, Some(rejected)),
        },
        Err(
            ReadError::NotFound(_)
            | ReadError::Rejected(_)
            | ReadError::NotSent { .. }
            | ReadError::Unknown { .. }
            | ReadError::Nonsense { .. },
        ) => later(app, receipt, Some(rejected)),
    }
}

/// Whether the same receipt would be refused again. Rights and limits change; a payment may not be there
/// yet for some seconds.
fn is_final(rejected: &Rejected) -> bool {
    !matches!(rejected.status, 401 | 403 | 404 | 408 | 423 | 429)
}

fn pause(receipt: &ReceiptRecord) -> Duration {
    Duration::seconds(2_i64 << receipt.tries.min(12)).min(LONGEST)
}

fn later(app: &App, receipt: &ReceiptRecord, reason: Option<Rejected>) -> ReceiptEnd {
    let own = pause(receipt);
    let asked = reason
        .as_ref()
        .and_then(|rejected| rejected.retry_after)
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map_or(Duration::ZERO, Duration::seconds);
    ReceiptEnd::Later {
        reason,
        at: app.now() + own.max(asked),
    }
}
