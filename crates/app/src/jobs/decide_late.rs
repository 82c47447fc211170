//! What becomes of a payment that came about after its caller had left: it is announced, and cancelled where the
//! sales unit says so. The cancel is an operation like any other, with a key of its own and
//! `cancelTransactionOnly`, so that it can never undo what a customer has approved.

use domain::{CancelFacts, Forwarded, IdempotencyKey};
use store::money::{DueLatePayment, Operation};
use store::registry::Orphans;
use time::{Duration, OffsetDateTime};

use super::each;
use crate::money::{Body, Request, perform};
use crate::{Allowance, App, Error};

/// How long one round waits for the outcome of a cancel; the resolver carries on afterwards.
const WAIT: Duration = Duration::seconds(15);
/// The longest pause between two tries of one cancel.
const LONGEST: Duration = Duration::minutes(10);
/// After this nobody tries any more: an unapproved payment has long expired by itself.
const GIVEN_UP_AFTER: Duration = Duration::DAY;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Announce,
    Cancel,
}

impl Decision {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::Cancel => "cancel",
        }
    }
}

/// Decides on every payment that was found late and is due. Returns how many were decided.
///
/// # Errors
/// The store did not say what is due. What fails with one payment is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let due = {
        let reader = app.store().read_system("payments that were found late");
        let batch = u64::from(app.settings().batch);
        reader.system().due_late_payments(now, batch).await?
    };
    let decided = each(app, due, |due| async move {
        match decide(app, &due).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(
                    operation.id = %due.operation,
                    error = &error as &dyn std::error::Error,
                    "a payment that was found late could not be cancelled yet"
                );
                put_off(app, &due).await;
                false
            }
        }
    });
    Ok(decided.await)
}

async fn decide(app: &App, due: &DueLatePayment) -> Result<(), Error> {
    let create = {
        let reader = app.store().read(due.partner, due.environment);
        let found = reader.scope().find_operation(due.operation).await?;
        found.ok_or(Error::Internal("a payment found late has no create"))?
    };
    let now = app.now();
    let decision = match carry_out(app, due, &create).await {
        Ok(decision) => decision,
        // The customer was quicker, or it has ended already: somebody has to look, and nobody has to cancel.
        Err(error @ (Error::Refused(_) | Error::NotFound(_) | Error::KeyReused)) => {
            tracing::warn!(
                payment.reference = %create.reference,
                error = &error as &dyn std::error::Error,
                "a payment that was found late is no longer to be cancelled"
            );
            Decision::Cancel
        }
        Err(error) if now - due.found_at > GIVEN_UP_AFTER => {
            tracing::error!(
                payment.reference = %create.reference,
                error = &error as &dyn std::error::Error,
                "the cancel of a payment that was found late is given up"
            );
            Decision::Cancel
        }
        Err(error) => return Err(error),
    };
    let tx = app.store().begin(due.partner, due.environment).await?;
    let is_first = tx.scope().end_late_payment(due.operation).await?;
    tx.commit().await?;
    if is_first {
        tracing::info!(
            target: "metric",
            environment = due.environment.as_str(),
            decision = decision.as_str(),
            monotonic_counter.nordbro_payments_found_late = 1_u64
        );
    }
    Ok(())
}

/// Does with the payment what its sales unit says.
///
/// # Errors
/// Whatever may be otherwise the next time, and noes that stay.
async fn carry_out(app: &App, due: &DueLatePayment, create: &Operation) -> Result<Decision, Error> {
    let unit = app
        .assigned_unit(due.partner, due.environment, create.assignment)
        .await?;
    let decision = policy(unit.orphans, create);
    if decision == Decision::Cancel {
        cancel(app, due, create).await?;
    }
    Ok(decision)
}

/// A push lands on the customer's phone although the till has given up; a link that nobody was given is harmless.
fn policy(orphans: Orphans, create: &Operation) -> Decision {
    let cancels = match orphans {
        Orphans::Announce => false,
        Orphans::CancelPush => is_push(create),
        Orphans::Cancel => true,
    };
    if cancels {
        Decision::Cancel
    } else {
        Decision::Announce
    }
}

fn is_push(create: &Operation) -> bool {
    serde_json::from_slice::<serde_json::Value>(&create.envelope.body)
        .is_ok_and(|body| body.get("userFlow").and_then(|flow| flow.as_str()) == Some("PUSH_MESSAGE"))
}

async fn cancel(app: &App, due: &DueLatePayment, create: &Operation) -> Result<(), Error> {
    let unit = app
        .served_assignment(due.partner, due.environment, create.assignment)
        .await?;
    let request = Request {
        unit,
        reference: create.reference.clone(),
        key: key(create)?,
        body: Body::Cancel(Forwarded {
            body: br#"{"cancelTransactionOnly":true}"#.to_vec(),
            facts: CancelFacts {
                transaction_only: true,
            },
        }),
        until: app.now() + WAIT,
        allowance: Allowance::free(),
    };
    let answered = perform(app, request).await?;
    tracing::warn!(
        operation.id = %answered.operation.id,
        payment.reference = %create.reference,
        status = answered.operation.status.as_str(),
        "the cancel of a payment that was found late was sent"
    );
    Ok(())
}

/// The same for every try, so that there is one cancel however often this is begun.
fn key(create: &Operation) -> Result<IdempotencyKey, Error> {
    format!("nordbro-found-late-{}", create.id)
        .parse()
        .map_err(|_| Error::Internal("a derived key is not a key"))
}

async fn put_off(app: &App, due: &DueLatePayment) {
    let wait = Duration::seconds(5_i64 << due.tries.min(7)).min(LONGEST);
    let work = async {
        let tx = app.store().begin(due.partner, due.environment).await?;
        tx.scope().put_off_late_payment(due, app.now() + wait).await?;
        tx.commit().await
    };
    // When the store is down the next round sees it again.
    let _tried: Result<(), store::Error> = work.await;
}
