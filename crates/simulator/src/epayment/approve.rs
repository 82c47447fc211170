//! What the customer does, by hand or by force.

use std::sync::Arc;

use http::StatusCode;

use crate::answer::Answer;
use crate::call::Call;
use crate::epayment::body::APPROVE;
use crate::epayment::create::token;
use crate::epayment::desk;
use crate::epayment::errors::{faulty, refused};
use crate::epayment::events::EventName;
use crate::epayment::payment::{Entry, Payment, Slot, State, millis};
use crate::epayment::rules::{self, Customer};
use crate::lock::Shared as _;
use crate::problem::{self, Refusal};
use crate::registry::parties::{Environment, Market};
use crate::route;
use crate::schema;
use crate::world::World;

/// Test world: amounts that the payment source refuses. Two of them in Norway only.
const REFUSED: [i64; 5] = [151, 182, 183, 184, 187];
const REFUSED_IN_NORWAY: [i64; 2] = [197, 202];
const EXPIRED_CARD: i64 = 186;
/// Test world: nobody knows for an hour what became of it.
const UNKNOWN: i64 = 201;

/// Why a customer's act had no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    #[error("this world has no payment {reference} at {msn}")]
    Unknown { msn: String, reference: String },
    #[error("the payment is {state}, it waits for nobody")]
    NotWaiting { state: &'static str },
    #[error("the payment source was refused, as amount {amount} demands")]
    SourceRefused { amount: i64 },
}

/// `POST /epayment/v1/test/payments/{reference}/approve`; exists in the test world only.
pub(crate) fn force(world: &World, call: &Call) -> Answer {
    if world.environment() == Environment::Production {
        return route::unknown(&route::Found::Nothing);
    }
    let (_, unit) = match desk::enter(world, call) {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let Some(slot) = world.payments.find(&unit.msn, call.param("reference")) else {
        return desk::refuse(
            world,
            call,
            &refused(5090, "The reference was not found for this sales unit."),
        );
    };
    let mut payment = slot.lock();
    world.lapse(&slot, &mut payment, millis(call.at));
    if let Err(refusal) = may_force(world, call, &slot, &mut payment) {
        return desk::refuse(world, call, &refusal);
    }
    // An expired test card shows as a plain 500.
    if payment.amount == EXPIRED_CARD {
        return problem::gateway(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
    }
    match authorize(world, &slot, &mut payment) {
        Ok(()) => Answer::empty(StatusCode::OK),
        Err(error) => desk::refuse(world, call, &refused(10040, &error.to_string())),
    }
}

fn may_force(world: &World, call: &Call, slot: &Slot, payment: &mut Payment) -> Result<(), Refusal> {
    let body = if call.body.is_empty() {
        serde_json::Value::Null
    } else {
        schema::read(&call.body, APPROVE).map_err(faulty)?
    };
    match payment.totals().state {
        State::Created => {}
        State::Authorized => return Err(refused(6230, "The payment is reserved already.")),
        State::Aborted | State::Expired | State::Terminated => {
            return Err(refused(10060, "The payment is not waiting for approval."));
        }
    }
    if world.dials().first_approval_by_hand && !world.approved_by_hand() {
        return Err(refused(
            10010,
            "The test user must approve one payment by hand first.",
        ));
    }
    if let Some(given) = body["token"].as_str() {
        return if given == token(world, slot) {
            Ok(())
        } else {
            Err(refused(10050, "The token is another payment's."))
        };
    }
    let number = match rules::customer(&body["customer"])? {
        Customer::Phone(number) => Some(number),
        Customer::Token(_) | Customer::PersonalQr(_) | Customer::Nobody => payment
            .extras
            .as_ref()
            .and_then(|extras| extras.phone_number.clone()),
    };
    let number = number.ok_or_else(|| refused(10030, "A customer or a token is needed."))?;
    let registry = world.registry.reading();
    match registry.user(&number) {
        Some(user) if !user.eligible => Err(refused(10020, "The test user is not eligible.")),
        Some(user) => {
            payment.card = user.card;
            remember(payment, number);
            Ok(())
        }
        None => {
            remember(payment, number);
            Ok(())
        }
    }
}

/// Whose details are shared, when the payment asks for some.
fn remember(payment: &mut Payment, number: String) {
    if let Some(extras) = payment.extras.as_mut() {
        extras.phone_number.get_or_insert(number);
    }
}

impl World {
    /// The customer approves in the app. In the test world magic amounts have their effect.
    ///
    /// # Errors
    /// When there is no such payment, it is not waiting, or its source is refused.
    pub fn approve(&self, msn: &str, reference: &str) -> Result<(), ActError> {
        self.act(msn, reference, |slot, payment| {
            authorize(self, slot, payment)?;
            self.note_approval_by_hand();
            Ok(())
        })
    }

    /// The customer declines, or goes back from the landing page: ABORTED.
    ///
    /// # Errors
    /// When there is no such payment, or it is not waiting.
    pub fn decline(&self, msn: &str, reference: &str) -> Result<(), ActError> {
        self.act(msn, reference, |slot, payment| {
            self.end(slot, payment, EventName::Aborted);
            Ok(())
        })
    }

    /// The payment expires now, before its time: EXPIRED.
    ///
    /// # Errors
    /// When there is no such payment, or it is not waiting.
    pub fn expire(&self, msn: &str, reference: &str) -> Result<(), ActError> {
        self.act(msn, reference, |slot, payment| {
            self.end(slot, payment, EventName::Expired);
            Ok(())
        })
    }

    fn end(&self, slot: &Arc<Slot>, payment: &mut Payment, name: EventName) {
        let (amount, at) = (payment.amount, millis(self.clock().now()));
        payment.entries.push(Entry {
            amount,
            at,
            key: None,
            name,
            success: true,
        });
        self.tell(slot, payment, payment.entries.len() - 1);
    }

    fn act(
        &self,
        msn: &str,
        reference: &str,
        act: impl FnOnce(&Arc<Slot>, &mut Payment) -> Result<(), ActError>,
    ) -> Result<(), ActError> {
        let unknown = || ActError::Unknown {
            msn: msn.to_owned(),
            reference: reference.to_owned(),
        };
        let slot = self.payments.find(msn, reference).ok_or_else(unknown)?;
        let mut payment = slot.lock();
        self.lapse(&slot, &mut payment, millis(self.clock().now()));
        match payment.totals().state {
            State::Created => act(&slot, &mut payment),
            other @ (State::Aborted | State::Expired | State::Authorized | State::Terminated) => {
                Err(ActError::NotWaiting { state: other.name() })
            }
        }
    }
}

fn authorize(world: &World, slot: &Arc<Slot>, payment: &mut Payment) -> Result<(), ActError> {
    let (amount, at) = (payment.amount, millis(world.clock().now()));
    let norwegian = world
        .registry
        .reading()
        .unit(&slot.msn)
        .is_some_and(|unit| unit.market == Market::No);
    let success = !(world.is_test()
        && (REFUSED.contains(&amount)
            || amount == EXPIRED_CARD
            || (norwegian && REFUSED_IN_NORWAY.contains(&amount))));
    if world.is_test() && amount == UNKNOWN {
        payment.extras.get_or_insert_default().unknown_until = Some(at + 3_600_000);
        world.settle_unknown_at(at + 3_600_000, slot);
        return Ok(());
    }
    payment.entries.push(Entry {
        amount,
        at,
        key: None,
        name: EventName::Authorized,
        success,
    });
    world.tell(slot, payment, payment.entries.len() - 1);
    if !success {
        return Err(ActError::SourceRefused { amount });
    }
    if let Some(deadline) = world.capture_by(slot, payment) {
        world.release_at(deadline, slot);
    }
    Ok(())
}
