//! How a payment looks from outside.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::epayment::create::redirect_url;
use crate::epayment::payment::{Entry, Method, Payment, Slot, State, Totals, instant, totals};
use crate::epayment::people;
use crate::world::World;

const UTC: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const WITH_OFFSET: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+00:00");

/// `2026-11-02T12:00:00.000Z`.
pub(crate) fn timestamp(at: OffsetDateTime) -> String {
    at.format(UTC).unwrap_or_default()
}

/// `2026-11-02T12:00:00.000+00:00`, as `captureGuaranteedUntil` is published.
pub(crate) fn with_offset(at: OffsetDateTime) -> String {
    at.format(WITH_OFFSET).unwrap_or_default()
}

pub(crate) fn amount(payment: &Payment, value: i64) -> Value {
    json!({ "currency": payment.currency.code(), "value": value })
}

fn aggregate(payment: &Payment, totals: &Totals) -> Value {
    json!({
        "authorizedAmount": amount(payment, totals.authorized),
        "cancelledAmount": amount(payment, totals.cancelled),
        "capturedAmount": amount(payment, totals.captured),
        "refundedAmount": amount(payment, totals.refunded),
    })
}

/// The answer of `GET payment`, as it was when `seen` were all the entries.
pub(crate) fn payment(world: &World, slot: &Slot, payment: &Payment, seen: &[Entry]) -> Value {
    let totals = totals(seen);
    let method = match payment.method {
        Method::Wallet => json!({ "type": "WALLET" }),
        Method::Card => json!({ "type": "CARD", "cardBin": "492501" }),
    };
    let mut body = json!({
        "aggregate": aggregate(payment, &totals),
        "amount": amount(payment, payment.amount),
        "state": totals.state.name(),
        "paymentMethod": method,
        "profile": {},
        "pspReference": world.psp(slot, 0),
        "reference": *slot.reference,
    });
    if totals.state == State::Created
        && let Some(url) = redirect_url(world, slot, payment)
    {
        body["redirectUrl"] = url.into();
    }
    if let Some(extras) = payment
        .extras
        .as_ref()
        .filter(|extras| !extras.metadata.is_empty())
    {
        body["metadata"] = json!(extras.metadata);
    }
    if totals.state == State::Authorized {
        if let Some(until) = guaranteed_until(payment, &totals) {
            body["captureGuaranteedUntil"] = with_offset(until).into();
        }
        if let Some(person) = people::consented(world, slot, payment) {
            body["profile"] = json!({ "sub": person.sub });
            body["userDetails"] = person.details;
        }
    }
    body
}

/// The answer of a modification, as it was after the entry `made`. Its `pspReference` is the
/// CREATED event's, whatever was done.
pub(crate) fn modification(world: &World, slot: &Slot, payment: &Payment, made: usize) -> Value {
    let seen = payment.entries.get(..=made).unwrap_or(&payment.entries);
    let totals = totals(seen);
    json!({
        "amount": amount(payment, payment.amount),
        "state": totals.state.name(),
        "aggregate": aggregate(payment, &totals),
        "pspReference": world.psp(slot, 0),
        "reference": *slot.reference,
    })
}

/// One item of `GET events`.
pub(crate) fn event(world: &World, slot: &Slot, payment: &Payment, index: usize) -> Value {
    let entry = &payment.entries[index];
    let mut body = json!({
        "reference": *slot.reference,
        "pspReference": world.psp(slot, index),
        "name": entry.name,
        "amount": amount(payment, entry.amount),
        "timestamp": timestamp(instant(entry.at)),
        "success": entry.success,
    });
    if let Some(key) = world.shown_key(entry) {
        body["idempotencyKey"] = key.into();
    }
    body
}

pub(crate) fn guaranteed_until(payment: &Payment, totals: &Totals) -> Option<OffsetDateTime> {
    totals
        .authorized_at
        .map(|at| instant(at) + time::Duration::days(payment.card.guaranteed_days()))
}
