//! `POST /epayment/v1/payments`.

use http::StatusCode;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::digest;
use crate::epayment::body::CREATE;
use crate::epayment::desk::{self, KeyRule, Turn};
use crate::epayment::errors::{faulty, refused};
use crate::epayment::events::EventName;
use crate::epayment::idempotency::Outcome;
use crate::epayment::payment::{Entry, Payment, Slot, UserFlow, millis};
use crate::epayment::rules::{self, Customer, Wanted};
use crate::lock::Shared as _;
use crate::problem::Refusal;
use crate::registry::parties::{Card, Environment, SalesUnit};
use crate::schema;
use crate::world::World;

pub(crate) fn create(world: &World, call: &Call) -> Answer {
    let (caller, unit) = match desk::write(world, call) {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match desk::key(world, call, &caller, KeyRule::Required, 4020) {
        Err(answer) => answer,
        Ok(Turn::Again(outcome)) => again(world, call, &unit, outcome),
        Ok(Turn::Work(pending, key)) => match made(world, call, &unit, key) {
            Ok(answer) => {
                pending.settle(Outcome::Created);
                answer
            }
            Err(refusal) => desk::stick(world, call, pending, refusal),
        },
    }
}

fn made(world: &World, call: &Call, unit: &SalesUnit, key: Option<Box<str>>) -> Result<Answer, Refusal> {
    let body = schema::read(&call.body, CREATE).map_err(faulty)?;
    let mut wanted = rules::judge(&body, unit, world.environment(), call.at)?;
    let card = payer(world, &mut wanted)?;
    let reference = std::mem::take(&mut wanted.reference);
    let receipt = wanted.receipt.take();
    let slot = world
        .payments
        .insert(&unit.msn, &reference, payment(wanted, card, key, call));
    let Some(slot) = slot else {
        return Err(refused(
            4150,
            &format!("The reference {reference} exists already."),
        ));
    };
    if let Some(receipt) = receipt {
        // One that was sent before the payment stays: receipts are write-once.
        world.receipts.add(&unit.msn, &reference, receipt);
    }
    let payment = slot.lock();
    world.expire_at(payment.expires, &slot);
    world.tell(&slot, &payment, 0);
    Ok(answer(world, &slot, &payment))
}

fn again(world: &World, call: &Call, unit: &SalesUnit, outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Refused(refusal) => desk::refuse(world, call, &refusal),
        Outcome::Created | Outcome::Modified(_) => {
            let slot = world
                .payments
                .find(&unit.msn, call.reference.as_deref().unwrap_or_default());
            match slot {
                Some(slot) => answer(world, &slot, &slot.lock()),
                None => desk::refuse(world, call, &refused(3010, "The payment of this key is gone.")),
            }
        }
    }
}

fn payment(wanted: Wanted, card: Card, key: Option<Box<str>>, call: &Call) -> Payment {
    let entry = Entry {
        amount: wanted.amount,
        at: millis(call.at),
        key,
        name: EventName::Created,
        success: true,
    };
    let bare = wanted.extras == crate::epayment::payment::Extras::default();
    Payment {
        amount: wanted.amount,
        expires: millis(wanted.expires),
        entries: vec![entry],
        extras: (!bare).then(|| Box::new(wanted.extras)),
        currency: wanted.currency,
        flow: wanted.flow,
        method: wanted.method,
        card,
        busy: false,
    }
}

/// Whose card it will be, if a known user is named; nobody eligible is 7010.
fn payer(world: &World, wanted: &mut Wanted) -> Result<Card, Refusal> {
    let number = match &wanted.customer {
        Customer::Nobody => return Ok(Card::default()),
        Customer::Phone(number) => number.clone(),
        Customer::PersonalQr(code) => {
            personal_qr(code).ok_or_else(|| refused(4060, "The personal QR is not valid."))?
        }
        Customer::Token(token) => world
            .customer_token(token)
            .ok_or_else(|| refused(4050, "The customer token is unknown or has expired."))?,
    };
    let registry = world.registry.reading();
    let nobody = || refused(7010, "No eligible user was found.");
    let card = match registry.user(&number) {
        Some(user) if !user.eligible || user.age < wanted.minimum_age => return Err(nobody()),
        Some(user) => user.card,
        None => Card::default(),
    };
    wanted.extras.phone_number = Some(number);
    Ok(card)
}

/// `https://qr.vipps.no/p/{phone number}`, as the specification's example has it.
fn personal_qr(code: &str) -> Option<String> {
    let number = code.strip_prefix("https://qr.vipps.no/p/")?;
    let fits = (9..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| number.to_owned())
}

fn answer(world: &World, slot: &Slot, payment: &Payment) -> Answer {
    let mut body = json!({ "reference": *slot.reference });
    if let Some(url) = redirect_url(world, slot, payment) {
        body["redirectUrl"] = url.into();
    }
    Answer::json(StatusCode::CREATED, &body)
}

/// What the landing page, the app or the QR image is asked with.
pub(crate) fn token(world: &World, slot: &Slot) -> String {
    let parts = ["redirect", world.environment().name(), &slot.msn, &slot.reference];
    digest::hex32(world.seed, &parts)
}

/// Where the customer goes; nowhere for `PUSH_MESSAGE`.
pub(crate) fn redirect_url(world: &World, slot: &Slot, payment: &Payment) -> Option<String> {
    let token = token(world, slot);
    let test = world.environment() == Environment::Test;
    let qr = payment.extras.as_ref().and_then(|extras| extras.qr.as_deref());
    match payment.flow {
        UserFlow::PushMessage => None,
        UserFlow::WebRedirect if test => Some(format!("https://landing-mt.vipps.no?token={token}")),
        UserFlow::WebRedirect => Some(format!("https://landing.vipps.no?token={token}")),
        UserFlow::NativeRedirect if test => Some(format!("vippsMT://?token={token}")),
        UserFlow::NativeRedirect => Some(format!("vipps://?token={token}")),
        UserFlow::Qr if qr == Some("TEXT/TARGETURL") => Some(format!("https://qr.vipps.no/ot/{token}")),
        UserFlow::Qr => Some(format!("https://qr-image.vipps.no/v1?token={token}")),
    }
}
