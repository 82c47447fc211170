//! A body on its way through the house.

use crate::{Amount, Reference};

/// The caller's bytes, to be sent on exactly as they came, beside the few facts that rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded<F> {
    pub body: Vec<u8>,
    pub facts: F,
}

/// What the rules need of a create-payment body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateFacts {
    pub reference: Reference,
    pub amount: Amount,
    /// `userFlow` as it came; an open list that Vipps keeps.
    pub user_flow: String,
    /// Whether the body carries a `receipt`: it is then written once, with the payment.
    pub has_receipt: bool,
}

/// What the rules need of a capture body: `modificationAmount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureFacts {
    pub amount: Amount,
}

/// What the rules need of a refund body: `modificationAmount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundFacts {
    pub amount: Amount,
}

/// What the rules need of a cancel body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelFacts {
    /// `cancelTransactionOnly`: cancel only while the customer has not approved.
    pub transaction_only: bool,
}
