//! Making an event of an entry, for whoever listens.

use crate::digest;
use crate::epayment::events::{Event, EventName};
use crate::epayment::payment::{Entry, Payment, Slot, instant};
use crate::epayment::{people, view};
use crate::world::World;

impl World {
    /// The `pspReference` of a payment's entry; that of entry 0 is the payment's own.
    pub(crate) fn psp(&self, slot: &Slot, entry: usize) -> String {
        let parts = [
            "psp",
            self.environment().name(),
            &slot.msn,
            &slot.reference,
            &entry.to_string(),
        ];
        digest::uuid(self.seed, &parts).to_string()
    }

    /// The key that events show of an entry.
    pub(crate) fn shown_key(&self, entry: &Entry) -> Option<String> {
        let key = entry.key.as_deref()?;
        (!self.dials().events_without_key.contains(&entry.name)).then(|| key.to_owned())
    }

    /// Tells of an entry. Called under the payment's lock, so that events keep their order.
    pub(crate) fn tell(&self, slot: &Slot, payment: &Payment, index: usize) {
        let Some(entry) = payment.entries.get(index) else {
            return;
        };
        let authorized = entry.name == EventName::Authorized && entry.success;
        let person = if authorized {
            people::consented(self, slot, payment)
        } else {
            None
        };
        let (user_details, sub) = person.map(|it| (it.details, it.sub)).unzip();
        self.emit(&Event {
            msn: slot.msn.to_string(),
            reference: slot.reference.to_string(),
            psp_reference: self.psp(slot, index),
            name: entry.name,
            amount: entry.amount,
            currency: payment.currency,
            at: instant(entry.at),
            success: entry.success,
            idempotency_key: self.shown_key(entry),
            capture_guaranteed_until: authorized
                .then(|| view::guaranteed_until(payment, &payment.totals()))
                .flatten(),
            user_details,
            sub,
        });
    }
}
