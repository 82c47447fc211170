//! One event on its way to one registration: its body, and what became of each attempt.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use crate::epayment::{Event, EventName};
use crate::webhooks::signature::Signature;

/// As the published sample has it: `2026-01-19T16:26:32.099Z`.
const TIMESTAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The line a delivery stands in: order is kept per registration and payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LineKey {
    pub(crate) registration: Uuid,
    pub(crate) msn: String,
    pub(crate) reference: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: EventName,
    pub(crate) psp_reference: String,
    pub(crate) body: Bytes,
    /// Not tried before this, when a fault delays it.
    pub(crate) not_before: Option<OffsetDateTime>,
    /// How many times it is sent again after it was delivered, when a fault doubles it.
    pub(crate) copies: u32,
    /// Whether an attempt was answered well; whatever a copy meets is then of no consequence.
    pub(crate) delivered: bool,
    pub(crate) made: u32,
    pub(crate) first_began: Option<OffsetDateTime>,
    /// The first attempt's, for a world that does not sign its retries afresh.
    pub(crate) first_signature: Option<Signature>,
}

impl Delivery {
    pub(crate) fn new(event: &Event) -> Self {
        Self {
            event: event.name,
            psp_reference: event.psp_reference.clone(),
            body: body(event),
            not_before: None,
            copies: 0,
            delivered: false,
            made: 0,
            first_began: None,
            first_signature: None,
        }
    }
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "status")]
pub enum AttemptOutcome {
    /// The endpoint answered; only 2xx is good, and a redirect is not followed.
    Answered(u16),
    TimedOut,
    /// No connection, or it broke.
    Unreachable,
    /// A fault lost the event: nothing was ever sent.
    NeverSent,
    /// The target is not this machine and the dial `anyTarget` is off: nothing was sent.
    Withheld,
}

impl AttemptOutcome {
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// Whether the endpoint was asked and did not answer well; only then is there a next attempt.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Answered(_) => !self.is_good(),
            Self::TimedOut | Self::Unreachable => true,
            Self::NeverSent | Self::Withheld => false,
        }
    }
}

/// One attempt to deliver, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Counts every attempt of the world from 1.
    pub number: u64,
    #[schema(value_type = String, format = "uuid")]
    pub registration: Uuid,
    pub url: String,
    pub msn: String,
    pub reference: String,
    pub psp_reference: String,
    pub event: EventName,
    /// Of this delivery, from 1.
    pub attempt: u32,
    #[serde(with = "time::serde::rfc3339")]
    pub began: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub ended: OffsetDateTime,
    pub outcome: AttemptOutcome,
    /// When the next attempt is due; absent after the last one.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next: Option<OffsetDateTime>,
    /// The fault rules that struck it.
    pub faults: Vec<String>,
}

/// What the log says of an attempt apart from its end.
pub(crate) struct Made {
    pub(crate) began: OffsetDateTime,
    url: String,
    psp_reference: String,
    event: EventName,
    attempt: u32,
    faults: Vec<String>,
}

impl Made {
    /// The next attempt of `delivery`, not yet counted.
    pub(crate) fn of(delivery: &Delivery, url: String, began: OffsetDateTime, faults: Vec<String>) -> Self {
        let psp_reference = delivery.psp_reference.clone();
        Self {
            began,
            url,
            psp_reference,
            event: delivery.event,
            attempt: delivery.made + 1,
            faults,
        }
    }

    pub(crate) fn entry(
        self,
        key: &LineKey,
        ended: OffsetDateTime,
        outcome: AttemptOutcome,
        next: Option<OffsetDateTime>,
    ) -> Attempt {
        Attempt {
            number: 0,
            registration: key.registration,
            url: self.url,
            msn: key.msn.clone(),
            reference: key.reference.clone(),
            psp_reference: self.psp_reference,
            event: self.event,
            attempt: self.attempt,
            began: self.began,
            ended,
            outcome,
            next,
            faults: self.faults,
        }
    }
}

/// The payload: `WebhookEvent` of ePayment API 1.8.1, with what later documents added.
fn body(event: &Event) -> Bytes {
    let mut body = json!({
        "msn": event.msn,
        "reference": event.reference,
        "pspReference": event.psp_reference,
        "name": event.name,
        "amount": { "currency": event.currency, "value": event.amount },
        "timestamp": timestamp(event.at),
        "success": event.success,
    });
    if let Some(key) = &event.idempotency_key {
        body["idempotencyKey"] = json!(key);
    }
    if let Some(until) = event.capture_guaranteed_until {
        body["captureGuaranteedUntil"] = json!(timestamp(until));
    }
    if let Some(details) = &event.user_details {
        body["userDetails"] = details.clone();
    }
    if let Some(sub) = &event.sub {
        body["sub"] = json!(sub);
    }
    body.to_string().into()
}

fn timestamp(at: OffsetDateTime) -> String {
    // Fails only for components that the type does not have; a date has them all.
    at.to_offset(time::UtcOffset::UTC)
        .format(TIMESTAMP)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epayment::Currency;
    use time::macros::datetime;

    fn event() -> Event {
        Event {
            msn: "123456".to_owned(),
            reference: "acme-shop-123-order123abc".to_owned(),
            psp_reference: "dd8e0a8e-2b26-40ed-98f1-1d5832fc129f".to_owned(),
            name: EventName::Authorized,
            amount: 49900,
            currency: Currency::Nok,
            at: datetime!(2026-01-19 16:26:32.099 UTC),
            success: true,
            idempotency_key: Some("7c8b81e7-b08b-46e4-9729-191cb801c132".to_owned()),
            capture_guaranteed_until: None,
            user_details: None,
            sub: None,
        }
    }

    fn value(event: &Event) -> serde_json::Value {
        serde_json::from_slice(&body(event)).unwrap()
    }

    #[test]
    fn the_payload_is_the_published_sample() {
        let sample = json!({
            "msn": "123456", "reference": "acme-shop-123-order123abc",
            "pspReference": "dd8e0a8e-2b26-40ed-98f1-1d5832fc129f", "name": "AUTHORIZED",
            "amount": { "currency": "NOK", "value": 49900 }, "timestamp": "2026-01-19T16:26:32.099Z",
            "idempotencyKey": "7c8b81e7-b08b-46e4-9729-191cb801c132", "success": true
        });
        assert_eq!(value(&event()), sample);
    }

    #[test]
    fn what_an_event_does_not_have_is_absent_and_the_user_id_is_flat() {
        let mut event = event();
        event.idempotency_key = None;
        event.sub = Some("c06c4afe-d9e1-4c5d-939a-177d752a0944".to_owned());
        event.capture_guaranteed_until = Some(datetime!(2026-01-26 16:26:32 UTC));
        let value = value(&event);
        assert!(value.get("idempotencyKey").is_none());
        assert_eq!(value["sub"], "c06c4afe-d9e1-4c5d-939a-177d752a0944");
        assert_eq!(value["captureGuaranteedUntil"], "2026-01-26T16:26:32.000Z");
    }

    #[test]
    fn only_2xx_is_a_good_answer() {
        let failed = [199, 301, 302, 400, 404, 410, 500, 503].map(AttemptOutcome::Answered);
        assert!(
            failed
                .iter()
                .all(|outcome| outcome.is_failure() && !outcome.is_good())
        );
        let good = [200, 201, 202, 204, 299].map(AttemptOutcome::Answered);
        assert!(
            good.iter()
                .all(|outcome| outcome.is_good() && !outcome.is_failure())
        );
        assert!(AttemptOutcome::TimedOut.is_failure() && AttemptOutcome::Unreachable.is_failure());
    }
}
