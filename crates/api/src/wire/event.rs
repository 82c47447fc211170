//! An entry of Vipps' event log on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Amount, Moment};

/// Something that happened to a payment, from Vipps' own log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    /// CREATED, AUTHORIZED, ABORTED, EXPIRED, TERMINATED, CANCELLED, CAPTURED or REFUNDED; the list is open.
    #[schema(example = "CAPTURED")]
    name: String,
    /// Of this event alone.
    amount: Amount,
    /// The event's own name at Vipps, which settlement reports show. Not the payment's.
    #[schema(example = "98f4c2a1-7d5b-4f0e-9c3a-2b1d0e9f8a7c")]
    psp_reference: String,
    timestamp: Moment,
    /// `false`: the operation failed, and nothing changed.
    success: bool,
    /// The key that Vipps saw, where it was one of this gateway's.
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
}

impl From<domain::Event> for Event {
    fn from(event: domain::Event) -> Self {
        Self {
            name: event.name.as_str().to_owned(),
            amount: event.amount.into(),
            psp_reference: event.psp_reference,
            timestamp: event.timestamp.into(),
            success: event.success,
            idempotency_key: event.key.map(|key| key.to_string()),
        }
    }
}
