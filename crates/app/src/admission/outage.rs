//! What the end of a call says about the way it went.

use domain::Outcome;
use outbound::vipps::ReadError;

/// How a call ended, for the breakers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Vipps dealt with it, with a yes or with a no about the payment.
    Answered,
    /// Vipps let these keys not in for this unit: 401 or 403.
    Refused(u16),
    /// No answer, a broken one, or no connection.
    Failed,
    /// Nothing can be learnt from it.
    Silent,
}

impl From<&Outcome> for Ended {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Accepted(_) => Self::Answered,
            Outcome::Rejected(rejected) => Self::of_status(rejected.status),
            Outcome::NotSent { .. } | Outcome::Unknown { .. } => Self::Failed,
        }
    }
}

impl From<&ReadError> for Ended {
    fn from(error: &ReadError) -> Self {
        match error {
            ReadError::NotFound(rejected) | ReadError::Rejected(rejected) => Self::of_status(rejected.status),
            ReadError::NotSent { .. } | ReadError::Unknown { .. } => Self::Failed,
            // One payment's strange answer is no outage.
            ReadError::Nonsense { .. } => Self::Silent,
        }
    }
}

impl Ended {
    const fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Refused(status),
            // Somebody asks to slow down: neither well nor out.
            429 => Self::Silent,
            _ => Self::Answered,
        }
    }
}
