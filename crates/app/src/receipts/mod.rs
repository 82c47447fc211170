//! Receipts: put once, sent from a durable outbox, looked up. Nothing here fails or delays a sale.

mod write;

use domain::{Forwarded, Msn, ReceiptFacts, Reference};
use serde_json::Value;

pub use write::{get, put};

/// A receipt to be written for a payment.
#[derive(Debug, Clone)]
pub struct Put {
    pub msn: Msn,
    pub reference: Reference,
    pub forwarded: Forwarded<ReceiptFacts>,
}

/// Whether two bodies are the same receipt: equal as JSON.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    match (
        serde_json::from_slice::<Value>(one),
        serde_json::from_slice::<Value>(other),
    ) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), _) | (_, Err(_)) => one == other,
    }
}
