//! Vipps' event log of a payment.

use time::OffsetDateTime;

use crate::{Amount, UpstreamKey};

/// What happened (ePayment API 1.8.1, get payment event log, 2026-04). The list is open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventName {
    Created,
    Authorized,
    Aborted,
    Expired,
    Terminated,
    Cancelled,
    Captured,
    Refunded,
    /// A name that was not known when this was written.
    Other(String),
}

impl EventName {
    pub fn parse(text: &str) -> Self {
        match text {
            "CREATED" => Self::Created,
            "AUTHORIZED" => Self::Authorized,
            "ABORTED" => Self::Aborted,
            "EXPIRED" => Self::Expired,
            "TERMINATED" => Self::Terminated,
            "CANCELLED" => Self::Cancelled,
            "CAPTURED" => Self::Captured,
            "REFUNDED" => Self::Refunded,
            other => Self::Other(other.to_owned()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Created => "CREATED",
            Self::Authorized => "AUTHORIZED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
            Self::Terminated => "TERMINATED",
            Self::Cancelled => "CANCELLED",
            Self::Captured => "CAPTURED",
            Self::Refunded => "REFUNDED",
            Self::Other(name) => name,
        }
    }
}

/// One entry of the log. Its `psp_reference` is the event's own, which reports show; the payment's is that
/// of the CREATED event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: EventName,
    pub amount: Amount,
    pub psp_reference: String,
    pub timestamp: OffsetDateTime,
    /// `false` = the operation failed and nothing changed.
    pub success: bool,
    pub key: Option<UpstreamKey>,
}
