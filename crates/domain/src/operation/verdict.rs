//! What one answer of Vipps means for the operation it was given to.

use super::Kind;
use crate::{Accepted, Outcome, Rejected};

/// How an operation goes on after one send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Succeeded(Accepted),
    /// A definite no, bound to the caller's key as to Vipps'.
    Refused(Rejected),
    /// A definite no that says nothing about the operation (401, 403): the caller's key is free again.
    Released(Rejected),
    /// Nothing left the house in this send, nor in any before.
    NotSent,
    /// Vipps asks for the same request again, a little later.
    Again(Rejected),
    /// A no that may hide an earlier yes: the event log decides.
    Look(Rejected),
    Unknown,
}

impl Verdict {
    /// `in_doubt` = an earlier send of this operation may have reached Vipps and no answer to it is known.
    pub fn of(kind: Kind, outcome: Outcome, in_doubt: bool) -> Self {
        match outcome {
            Outcome::Accepted(accepted) => Self::Succeeded(accepted),
            Outcome::NotSent { .. } if in_doubt => Self::Unknown,
            Outcome::NotSent { .. } => Self::NotSent,
            Outcome::Unknown { .. } => Self::Unknown,
            Outcome::Rejected(rejected) => Self::of_rejection(kind, rejected, in_doubt),
        }
    }

    fn of_rejection(kind: Kind, rejected: Rejected, in_doubt: bool) -> Self {
        if rejected.status == 408 || rejected.status >= 500 {
            return Self::Unknown;
        }
        if is_transient(&rejected) {
            return Self::Again(rejected);
        }
        if matches!(rejected.status, 401 | 403) {
            return if in_doubt {
                Self::Unknown
            } else {
                Self::Released(rejected)
            };
        }
        if in_doubt || may_hide_a_yes(kind, &rejected) {
            return Self::Look(rejected);
        }
        Self::Refused(rejected)
    }
}

/// Whether Vipps asks to repeat the same request with the same key: locked, slowed down, still processing,
/// or a capture that failed for the moment (ePayment errors, 2026-09).
pub fn is_transient(rejected: &Rejected) -> bool {
    matches!(rejected.status, 423 | 429) || matches!(rejected.code.as_deref(), Some("6160" | "6250" | "6280"))
}

/// Answers that a repetition of something done gets: already captured, already refunded, nothing left to
/// cancel, and the conflicts of keys and references (ePayment errors, 2026-09).
pub fn may_hide_a_yes(kind: Kind, rejected: &Rejected) -> bool {
    let Some(code) = rejected.code.as_deref() else {
        return rejected.status == 409;
    };
    match kind {
        Kind::Create => matches!(code, "4020" | "4150"),
        Kind::Capture => matches!(code, "6170" | "4010"),
        Kind::Refund => matches!(code, "6180" | "4150"),
        Kind::Cancel => matches!(code, "6050" | "6190"),
    }
}

/// Whether the answer binds the caller's idempotency key. What says nothing about the request itself, or
/// asks for it again, leaves the key free.
pub fn binds(rejected: &Rejected) -> bool {
    !matches!(rejected.status, 401 | 403) && !is_transient(rejected)
}
