//! One intent to be paid, addressed by its reference.

mod aggregate;
mod allow;
mod merge;
mod refusal;
mod state;

use time::OffsetDateTime;

pub use aggregate::Aggregate;
pub use allow::{Move, Open};
pub use merge::Merged;
pub use refusal::Refusal;
pub use state::{NotAState, State};

use crate::{Amount, AssignmentId, Environment, Msn, PartnerId, PaymentId, Reference};

/// A payment as the gateway's books have it. `state` and `aggregate` change by reading Vipps, never by
/// adding up answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub assignment: AssignmentId,
    pub msn: Msn,
    pub reference: Reference,
    pub state: State,
    pub amount: Amount,
    pub aggregate: Aggregate,
    /// The CREATED event's. Absent until the first read.
    pub psp_reference: Option<String>,
    /// UTC. The CREATED event's time; our intent's until that is read.
    pub created_at: OffsetDateTime,
    /// Rises with every change of the row.
    pub version: i64,
}

/// What one GET of a payment said (ePayment API 1.8.1, get payment, 2026-04).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub reference: Reference,
    pub state: State,
    pub amount: Amount,
    pub aggregate: Aggregate,
    pub psp_reference: String,
    /// The whole answer as it came.
    pub body: Vec<u8>,
}

#[cfg(test)]
mod tests;
