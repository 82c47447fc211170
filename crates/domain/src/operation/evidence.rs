//! What Vipps' event log proves about one operation.

use time::OffsetDateTime;

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
    pub last_sent_at: OffsetDateTime,
}

/// What the log says. Only an event that carries our own upstream key says anything: sums and states may
/// come from somebody else's operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    Succeeded,
    Failed,
    /// Our key stands at an operation of another amount.
    Contradiction,
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
        if failed { Evidence::Failed } else { Evidence::None }
    }

    fn is_about(&self, event: &Event) -> bool {
        let named = match self.kind {
            Kind::Create => event.name == EventName::Created,
            Kind::Capture => event.name == EventName::Captured,
            Kind::Refund => event.name == EventName::Refunded,
            Kind::Cancel => matches!(event.name, EventName::Cancelled | EventName::Terminated),
        };
        named && event.key.as_ref() == Some(self.key)
    }

    fn agrees(&self, event: &Event) -> bool {
        self.amount.is_none_or(|amount| amount == event.amount)
    }
}
