//! Payments: create, read, approve, capture, refund, cancel, search.

mod approve;
mod money;
mod read;

use domain::{
    CancelFacts, CaptureFacts, CreateFacts, Forwarded, IdempotencyKey, Msn, Reference, RefundFacts,
};

use crate::{Allowance, Wait};

pub use approve::approve;
pub use money::{cancel, capture, create, refund, requested};
pub use read::{EventLog, events, get, search};

/// A payment to be created at Vipps.
#[derive(Debug, Clone)]
pub struct Create {
    pub msn: Msn,
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<CreateFacts>,
    pub wait: Wait,
    pub allowance: Allowance,
}

/// Reserved money to be taken.
#[derive(Debug, Clone)]
pub struct Capture {
    pub msn: Msn,
    pub reference: Reference,
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<CaptureFacts>,
    pub wait: Wait,
    pub allowance: Allowance,
}

/// Taken money to be given back.
#[derive(Debug, Clone)]
pub struct Refund {
    pub msn: Msn,
    pub reference: Reference,
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<RefundFacts>,
    pub wait: Wait,
    pub allowance: Allowance,
}

/// Everything that is reserved and not taken to be released.
#[derive(Debug, Clone)]
pub struct Cancel {
    pub msn: Msn,
    pub reference: Reference,
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<CancelFacts>,
    pub wait: Wait,
    pub allowance: Allowance,
}

/// A customer's approval to be played, in the test environment only.
#[derive(Debug, Clone)]
pub struct Approve {
    pub msn: Msn,
    pub reference: Reference,
    /// Vipps' body of force approve as it came; empty = none.
    pub body: Vec<u8>,
}
