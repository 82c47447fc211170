//! What Vipps' answers look like on the wire, as far as the gateway reads them. Unknown fields are legal.

use domain::{Aggregate, Amount, Event, EventName, Reference, State, UpstreamKey};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Deserialize)]
pub(super) struct WireAmount {
    value: i64,
    currency: String,
}

impl WireAmount {
    pub(super) fn read(&self) -> Result<Amount, String> {
        let currency = self
            .currency
            .parse()
            .map_err(|_| "the currency is not a currency code".to_owned())?;
        Ok(Amount::new(self.value, currency))
    }
}

#[derive(Deserialize)]
struct WireAggregate {
    #[serde(rename = "authorizedAmount")]
    authorized: WireAmount,
    #[serde(rename = "capturedAmount")]
    captured: WireAmount,
    #[serde(rename = "refundedAmount")]
    refunded: WireAmount,
    #[serde(rename = "cancelledAmount")]
    cancelled: WireAmount,
}

/// The part that a GET and a modification's answer share.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WirePayment {
    reference: String,
    state: String,
    amount: WireAmount,
    aggregate: WireAggregate,
    psp_reference: String,
}

/// A payment that can be believed: about the reference that was asked for, in a known state, in one
/// currency, with sums that can be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) state: State,
    pub(super) amount: Amount,
    pub(super) aggregate: Aggregate,
    pub(super) psp_reference: String,
}

impl Sound {
    /// # Errors
    /// What is wrong with the answer, without a word from it but known codes: it may hold anything.
    pub(super) fn read(body: &[u8], reference: &str) -> Result<Self, String> {
        let wire: WirePayment = serde_json::from_slice(body).map_err(|error| not_readable(&error))?;
        if wire.reference != reference {
            return Err("the answer is about another reference".to_owned());
        }
        let state = wire
            .state
            .parse()
            .map_err(|_| "the answer has a state that is not documented".to_owned())?;
        let amount = wire.amount.read()?;
        let sums = &wire.aggregate;
        let mut values = [0; 4];
        let all = [&sums.authorized, &sums.captured, &sums.refunded, &sums.cancelled];
        for (value, sum) in values.iter_mut().zip(all) {
            let sum = sum.read()?;
            if sum.currency != amount.currency {
                return Err("the answer's sums are in another currency than its amount".to_owned());
            }
            *value = sum.value;
        }
        let [authorized, captured, refunded, cancelled] = values;
        let aggregate = Aggregate {
            authorized,
            captured,
            refunded,
            cancelled,
        };
        // Sums beyond any money cannot be added up without overflow, and cannot be true either.
        let absurd = values
            .into_iter()
            .any(|value| value > i64::from(u32::MAX) * 1_000);
        if absurd || amount.value < 0 || !aggregate.is_sound() {
            return Err("the answer's sums cannot be true".to_owned());
        }
        if wire.psp_reference.is_empty() {
            return Err("the answer has an empty pspReference".to_owned());
        }
        Ok(Self {
            state,
            amount,
            aggregate,
            psp_reference: wire.psp_reference,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEvent {
    reference: String,
    psp_reference: String,
    name: String,
    amount: WireAmount,
    timestamp: String,
    success: bool,
    idempotency_key: Option<String>,
}

/// The event log, in the order it came.
///
/// # Errors
/// Any entry that cannot be read spoils the whole: an event that is overlooked could be the evidence.
pub(super) fn events(body: &[u8], reference: &Reference) -> Result<Vec<Event>, String> {
    let wire: Vec<WireEvent> = serde_json::from_slice(body).map_err(|error| not_readable(&error))?;
    wire.into_iter()
        .map(|event| {
            if event.reference != reference.as_str() {
                return Err("an event is about another reference".to_owned());
            }
            Ok(Event {
                name: EventName::parse(&event.name),
                amount: event.amount.read()?,
                psp_reference: event.psp_reference,
                timestamp: timestamp(&event.timestamp).ok_or("an event's timestamp is not a time")?,
                success: event.success,
                key: event.idempotency_key.map(UpstreamKey::from_stored),
            })
        })
        .collect()
}

/// RFC 3339; a time without an offset counts as UTC, which is what Vipps uses everywhere.
fn timestamp(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .ok()
}

/// Where reading stopped, never what stood there.
pub(super) fn not_readable(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "is not JSON",
        serde_json::error::Category::Eof => "is cut off",
        serde_json::error::Category::Data => "has another shape than documented",
    };
    format!(
        "the answer {what} (line {}, column {})",
        error.line(),
        error.column()
    )
}
