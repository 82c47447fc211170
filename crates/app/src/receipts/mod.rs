//! Receipts: put once, sent from a durable outbox, looked up.

use domain::{Forwarded, Msn, ReceiptFacts, Reference};

/// A receipt to be written for a payment.
#[derive(Debug, Clone)]
pub struct Put {
    pub msn: Msn,
    pub reference: Reference,
    pub forwarded: Forwarded<ReceiptFacts>,
}
