//! What Vipps' event log proves about one operation.

use time::{Duration, OffsetDateTime};

use super::Kind;
use crate::{Amount, Event, EventName, UpstreamKey};

/// The operation that evidence is sought for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    pub kind: Kind,
    pub key: &'a UpstreamKey,
    /// Absent for a cancel.
    pub amount: Option<Amount>,
    /// How often it may have left.
    pub sends: u32,
    pub first_sent_at: OffsetDateTime,
    pub last_sent_at: OffsetDateTime,
}

/// Vipps' clock and ours are this close together.
const SKEW: Duration = Duration::seconds(2);

/// What the log says. Only an event that carries our own upstream key proves anything: sums and states may
/// come from somebody else's operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    Succeeded,
    Failed,
    /// Our key stands at an operation of another amount.
    Contradiction,
    /// Something like it was done since it was first sent, by whom is not said (get events: `idempotencyKey` may be
    /// absent; ePayment API 1.8.1, 2026-04). It proves nothing, and no no is believed beside it.
    Nameless,
    None,
}

impl Sought<'_> {
    /// Reads the log for this operation.
    pub fn in_log(&self, log: &[Event]) -> Evidence {
        let ours: Vec<_> = log.iter().filter(|event| self.is_about(event)).collect();
        if let Some(done) = ours.iter().find(|event| event.success) {
            return if self.agrees(done) {
                Evidence::Succeeded
            } else {
                Evidence::Contradiction
            };
        }
        // A failure in the log may be that of an earlier send while a later one still runs.
        let failed = ours
            .iter()
            .any(|event| self.sends == 1 || event.timestamp >= self.last_sent_at);
        if failed {
            Evidence::Failed
        } else if log.iter().any(|event| self.may_be(event)) {
            Evidence::Nameless
        } else {
            Evidence::None
        }
    }

    fn is_about(&self, event: &Event) -> bool {
        self.is_of_its_kind(event) && event.key.as_ref() == Some(self.key)
    }

    fn may_be(&self, event: &Event) -> bool {
        self.is_of_its_kind(event)
            && event.key.is_none()
            && event.success
            && self.agrees(event)
            && event.timestamp + SKEW >= self.first_sent_at
    }

    fn is_of_its_kind(&self, event: &Event) -> bool {
        match self.kind {
            Kind::Create => event.name == EventName::Created,
            Kind::Capture => event.name == EventName::Captured,
            Kind::Refund => event.name == EventName::Refunded,
            Kind::Cancel => matches!(event.name, EventName::Cancelled | EventName::Terminated),
        }
    }

    fn agrees(&self, event: &Event) -> bool {
        self.amount.is_none_or(|amount| amount == event.amount)
    }
}
