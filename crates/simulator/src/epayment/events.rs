//! What happens to a payment, as webhooks tell it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::epayment::money::Currency;

/// The short upper-case names of the event log. Webhook event types are
/// `epayments.payment.{lower case}.v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum EventName {
    Created,
    Aborted,
    Expired,
    Cancelled,
    Captured,
    Refunded,
    Authorized,
    Terminated,
}

impl EventName {
    /// As the wire spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
            Self::Cancelled => "CANCELLED",
            Self::Captured => "CAPTURED",
            Self::Refunded => "REFUNDED",
            Self::Authorized => "AUTHORIZED",
            Self::Terminated => "TERMINATED",
        }
    }
}

/// One event of one payment, complete; `webhooks` decides who hears of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub msn: String,
    pub reference: String,
    /// The event's own, not the payment's.
    pub psp_reference: String,
    pub name: EventName,
    /// Of this operation, in minor units.
    pub amount: i64,
    pub currency: Currency,
    pub at: OffsetDateTime,
    pub success: bool,
    /// Already absent where the dial `eventsWithoutKey` says so.
    pub idempotency_key: Option<String>,
    /// AUTHORIZED only.
    pub capture_guaranteed_until: Option<OffsetDateTime>,
    /// AUTHORIZED only, when the payment asked for a profile: the consented members.
    pub user_details: Option<serde_json::Value>,
    /// The user's id at this MSN, as `user_details`.
    pub sub: Option<String>,
}
