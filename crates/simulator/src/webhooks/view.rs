//! Registrations and deliveries, as embedding code and the control API see them.

use serde::Serialize;
use uuid::Uuid;

use crate::epayment::EventName;
use crate::lock::Held as _;
use crate::webhooks::book::Registration;
use crate::webhooks::delivery::Attempt;
use crate::world::World;

/// A line of deliveries that is not through: its head is being tried or waits for its next attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    #[schema(value_type = String, format = "uuid")]
    pub registration: Uuid,
    pub msn: String,
    pub reference: String,
    /// The event at the head; absent while the line only holds deliveries that let others pass.
    pub event: Option<EventName>,
    /// Attempts the head has had.
    pub attempts: u32,
    /// Deliveries in the line, the head included.
    pub deliveries: usize,
}

impl World {
    /// Every registration, secrets included, oldest first within each sales unit and partner.
    pub fn webhooks(&self) -> Vec<Registration> {
        self.webhooks.state.held().book.all().cloned().collect()
    }

    /// The attempts to deliver, oldest first; the latest 20,000.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.webhooks.state.held().log.list().cloned().collect()
    }

    /// The lines of deliveries that are not through, by registration, sales unit and payment.
    pub fn pending_deliveries(&self) -> Vec<Pending> {
        let mut state = self.webhooks.state.held();
        let pending = state.lines.iter_mut().map(|(key, line)| {
            let deliveries = line.len();
            let head = line.head();
            Pending {
                registration: key.registration,
                msn: key.msn.clone(),
                reference: key.reference.clone(),
                event: head.as_ref().map(|it| it.event),
                attempts: head.map_or(0, |it| it.made),
                deliveries,
            }
        });
        let mut pending: Vec<Pending> = pending.collect();
        pending.sort_by(|a, b| {
            (a.registration, &a.msn, &a.reference).cmp(&(b.registration, &b.msn, &b.reference))
        });
        pending
    }
}
