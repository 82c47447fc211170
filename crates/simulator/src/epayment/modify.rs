//! Capture, refund and cancel have the same course: desk, key, lock, decision, entry, answer.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::answer::Answer;
use crate::call::Call;
use crate::dials::{Dials, RefundWindow};
use crate::epayment::body::{CANCEL, MODIFICATION};
use crate::epayment::desk::{self, KeyRule, Turn};
use crate::epayment::errors::{faulty, locked, refused};
use crate::epayment::events::EventName;
use crate::epayment::idempotency::Outcome;
use crate::epayment::payment::{Entry, Slot, Totals, millis};
use crate::epayment::{cancel, capture, refund, view};
use crate::problem::Refusal;
use crate::registry::parties::SalesUnit;
use crate::schema;
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modification {
    Capture,
    Refund,
    Cancel,
}

/// What a decision needs to know.
pub(crate) struct Facts<'a> {
    pub(crate) totals: Totals,
    pub(crate) unit: &'a SalesUnit,
    pub(crate) dials: &'a Dials,
    /// Milliseconds since 1970, as the other instants.
    pub(crate) now: i64,
    /// When the reservation lapses, once there is one.
    pub(crate) capture_by: Option<i64>,
    pub(crate) guaranteed_until: Option<i64>,
    pub(crate) refund_by: Option<i64>,
    pub(crate) test: bool,
}

/// What a modification does: an entry of this name and amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) name: EventName,
    pub(crate) amount: i64,
}

/// Why it does nothing, and whether the event log tells of the attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) refusal: Refusal,
    pub(crate) logged: Option<Effect>,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            logged: None,
        }
    }
}

pub(crate) async fn modify(world: Arc<World>, call: Call, modification: Modification) -> Answer {
    let (caller, unit) = match desk::write(&world, &call) {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (rule, conflict) = match modification {
        Modification::Capture => (KeyRule::Required, 4010),
        Modification::Refund => (KeyRule::Required, 4150),
        Modification::Cancel => (KeyRule::Optional, 4020),
    };
    match desk::key(&world, &call, &caller, rule, conflict) {
        Err(answer) => answer,
        Ok(Turn::Again(Outcome::Refused(refusal))) => desk::refuse(&world, &call, &refusal),
        Ok(Turn::Again(Outcome::Modified(made))) => {
            let Some(slot) = world.payments.find(&unit.msn, call.param("reference")) else {
                return desk::refuse(&world, &call, &unknown());
            };
            let made = usize::try_from(made).unwrap_or(usize::MAX);
            let body = view::modification(&world, &slot, &slot.lock(), made);
            Answer::json(StatusCode::OK, &body)
        }
        // Only with a key scope that leaves the operation out.
        Ok(Turn::Again(Outcome::Created)) => desk::refuse(
            &world,
            &call,
            &refused(conflict, "The idempotency key was used to create a payment."),
        ),
        Ok(Turn::Work(pending, key)) => match work(&world, &call, &unit, modification, key).await {
            Ok((slot, made)) => {
                pending.settle(Outcome::Modified(u32::try_from(made).unwrap_or(u32::MAX)));
                let body = view::modification(&world, &slot, &slot.lock(), made);
                Answer::json(StatusCode::OK, &body)
            }
            Err(refusal) => desk::stick(&world, &call, pending, refusal),
        },
    }
}

/// Does it, and returns the position of the entry it made.
async fn work(
    world: &Arc<World>,
    call: &Call,
    unit: &SalesUnit,
    modification: Modification,
    key: Option<Box<str>>,
) -> Result<(Arc<Slot>, usize), Refusal> {
    let body = match modification {
        Modification::Capture | Modification::Refund => {
            schema::read(&call.body, MODIFICATION).map_err(faulty)?
        }
        Modification::Cancel if call.body.is_empty() => serde_json::Value::Null,
        Modification::Cancel => schema::read(&call.body, CANCEL).map_err(faulty)?,
    };
    let slot = world
        .payments
        .find(&unit.msn, call.param("reference"))
        .ok_or_else(unknown)?;
    let _busy = Busy::take(&slot).ok_or_else(locked)?;
    let dials = world.dials();
    if dials.processing_millis > 0 {
        drop(
            world
                .clock()
                .sleep(Duration::from_millis(dials.processing_millis))
                .await,
        );
    }
    let now = millis(world.clock().now());
    let mut payment = slot.lock();
    world.lapse(&slot, &mut payment, now);
    if payment
        .extras
        .as_ref()
        .and_then(|extras| extras.unknown_until)
        .is_some_and(|until| now < until)
    {
        return Err(match modification {
            Modification::Cancel => refused(6250, "The payment is being processed, try to cancel it again."),
            Modification::Capture | Modification::Refund => {
                refused(6160, "The payment is being processed, try again.")
            }
        });
    }
    let totals = payment.totals();
    let counted_from = match dials.refund_window {
        RefundWindow::FromReservation => totals.authorized_at,
        RefundWindow::FromCapture => totals.captured_at,
    };
    let facts = Facts {
        totals,
        unit,
        dials: &dials,
        now,
        capture_by: world.capture_by(&slot, &payment),
        guaranteed_until: view::guaranteed_until(&payment, &totals).map(millis),
        refund_by: counted_from.map(|at| at + 365 * 86_400_000),
        test: world.is_test(),
    };
    let asked = body["modificationAmount"]["value"].as_i64().unwrap_or_default();
    let currency = body["modificationAmount"]["currency"].as_str();
    if currency.is_some_and(|it| it != payment.currency.code()) {
        return Err(refused(5040, "The currency is not the payment's."));
    }
    let decision = match modification {
        Modification::Capture => capture::decide(&facts, asked),
        Modification::Refund => refund::decide(&facts, asked),
        Modification::Cancel => cancel::decide(
            &facts,
            payment.amount,
            body["cancelTransactionOnly"].as_bool().unwrap_or(false),
        ),
    };
    let (effect, refusal) = match decision {
        Ok(effect) => (effect, None),
        Err(Failure {
            refusal,
            logged: Some(effect),
        }) => (effect, Some(refusal)),
        Err(Failure {
            refusal,
            logged: None,
        }) => return Err(refusal),
    };
    let (name, amount) = (effect.name, effect.amount);
    payment.entries.push(Entry {
        amount,
        at: now,
        key,
        name,
        success: refusal.is_none(),
    });
    let made = payment.entries.len() - 1;
    world.tell(&slot, &payment, made);
    drop(payment);
    match refusal {
        Some(refusal) => Err(refusal),
        None => Ok((slot, made)),
    }
}

fn unknown() -> Refusal {
    refused(5090, "The reference was not found for this sales unit.")
}

/// The payment's lock for as long as a modification works.
struct Busy(Arc<Slot>);

impl Busy {
    fn take(slot: &Arc<Slot>) -> Option<Self> {
        let mut payment = slot.lock();
        let free = !payment.busy;
        payment.busy = true;
        free.then(|| Self(slot.clone()))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().busy = false;
    }
}
