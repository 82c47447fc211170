//! How a reading of Vipps changes the books.

use crate::{Payment, Reading, State};

/// What became of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// It says what the books say.
    Same,
    /// The books as they are from now on; the version is the store's to raise.
    Changed(Payment),
    /// The books have moved on since the reading began: it may be older than what they know.
    Stale,
    /// It cannot be true of this payment; the books stay as they are and somebody is told.
    Unsound(&'static str),
}

impl Payment {
    /// Merges what one GET said. `began` is the version that the books had when the GET began.
    pub fn merge(&self, reading: &Reading, began: i64) -> Merged {
        if self.version != began {
            return Merged::Stale;
        }
        if let Err(reason) = self.believes(reading) {
            return Merged::Unsound(reason);
        }
        let merged = Self {
            state: reading.state,
            amount: reading.amount,
            aggregate: reading.aggregate,
            psp_reference: Some(reading.psp_reference.clone()),
            ..self.clone()
        };
        if merged == *self {
            Merged::Same
        } else {
            Merged::Changed(merged)
        }
    }

    /// Whether the reading can be about this payment and later than the books.
    fn believes(&self, reading: &Reading) -> Result<(), &'static str> {
        if reading.reference != self.reference {
            return Err("another reference");
        }
        if reading.amount.currency != self.amount.currency {
            return Err("another currency");
        }
        // Shipping that the customer chose is added on top of what was asked for (ePayment, Express).
        let grown_by_shipping =
            reading.amount.value > self.amount.value && reading.amount.value == reading.aggregate.authorized;
        if reading.amount.value != self.amount.value && !grown_by_shipping {
            return Err("another amount");
        }
        if !reading.aggregate.is_sound() {
            return Err("sums that cannot be true together");
        }
        if !reading.aggregate.has_grown_from(self.aggregate) {
            return Err("a sum that shrank");
        }
        if self.state.is_final() && reading.state != self.state {
            return Err("a final state that changed");
        }
        if reading.aggregate.authorized > 0 && reading.state != State::Authorized {
            return Err("money reserved in a payment that is not authorized");
        }
        Ok(())
    }
}
