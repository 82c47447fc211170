use std::fmt;
use std::str::FromStr;

/// The five states of a payment. There is no captured, refunded or cancelled state: those are amounts in
/// the aggregate (ePayment API 1.8.1, get payment, `state`, 2026-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waiting for the customer.
    Created,
    /// Approved: money is reserved.
    Authorized,
    /// Declined or left by the customer.
    Aborted,
    /// Nobody answered in time.
    Expired,
    /// Cancelled by the merchant before approval.
    Terminated,
}

impl State {
    pub const ALL: [Self; 5] = [
        Self::Created,
        Self::Authorized,
        Self::Aborted,
        Self::Expired,
        Self::Terminated,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Authorized => "AUTHORIZED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
            Self::Terminated => "TERMINATED",
        }
    }

    /// Whether the customer's part is over.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Created => false,
            Self::Authorized | Self::Aborted | Self::Expired | Self::Terminated => true,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A state that Vipps does not document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of the five states of a payment")]
pub struct NotAState;

impl FromStr for State {
    type Err = NotAState;

    fn from_str(text: &str) -> Result<Self, NotAState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(NotAState)
    }
}
