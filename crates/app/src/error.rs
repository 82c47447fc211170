//! Why a use case did not do what it was asked. No HTTP: the faces render these.

use domain::admission::fair::Which;
use domain::payment::Refusal;
use domain::{Rejected, Trouble, Violation};
use time::Duration;

use crate::Scope;

/// One enum for all use cases. Whatever the caller may not see is [`Error::NotFound`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("the request breaks a rule of form")]
    Invalid(Vec<Violation>),
    #[error("the token lacks the scope {0}")]
    Forbidden(Scope),
    /// A change of the partner as a whole, with a token that is narrowed to some sales units.
    #[error("the token is narrowed to some sales units")]
    Narrowed,
    #[error("there is no such {0}")]
    NotFound(What),
    /// The partner has it already.
    #[error("there is such a {0} already")]
    Exists(What),
    /// Vipps refuses the keys for this sales unit. Nothing was changed.
    #[error("Vipps refuses the keys: {trouble}")]
    KeysRefused {
        trouble: Trouble,
        /// The key that is meant, where Vipps tells.
        field: Option<&'static str>,
        rejected: Option<Box<Rejected>>,
    },
    /// Our own no, given after reading Vipps. It binds nothing to the caller's key.
    #[error("refused")]
    Refused(#[from] Refusal),
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Another operation on this payment is still open.
    #[error("another operation on this payment is under way")]
    Busy { retry_after: Duration },
    /// An earlier operation on this payment has an unknown outcome; no other money moves until it is known.
    #[error("an earlier operation on this payment is not settled")]
    Unsettled,
    /// A create with this reference may or may not have left; the reference is never used again.
    #[error("the reference was used by a create that never came about")]
    ReferenceBurnt,
    /// No active key set serves the sales unit, or it has no product profile to name itself with.
    #[error("the sales unit is not set up for calls to Vipps")]
    WithoutKeys,
    /// Too many key sets before these still have something to finish.
    #[error("earlier key switches are still under way")]
    Switching,
    /// Nobody has shown that the sales unit is the partner's.
    #[error("the claim on the sales unit is not proven")]
    Unproven,
    /// The sales unit moves away, or has: no money is begun for it here any more.
    #[error("the sales unit is closed here")]
    Closed,
    /// The operator's keys are not used for a sales unit of which nobody has shown whose it is.
    #[error("the operator's keys look at no sales unit whose claim is not proven")]
    UnprovenForPlatform,
    /// A product order cannot be made or taken back.
    #[error("{0}")]
    ProductOrder(crate::product_orders::Hindrance),
    /// Vipps refuses the sales unit with the keys it has; a probe now and then finds out when that is over.
    #[error("the sales unit is disconnected")]
    Disconnected { retry_after: Duration },
    /// Too many at the same time, and too many in line.
    #[error("too much is under way at the same time ({})", which.as_str())]
    Crowded { which: Which, retry_after: Duration },
    #[error("the limit on {which} is reached")]
    Limited { which: Limit, retry_after: Duration },
    /// Vipps' definite no that binds nothing to the caller's key (401, 403, 423, 429), or its no to a read.
    #[error("refused by Vipps with status {}", .0.status)]
    Vipps(Box<Rejected>),
    /// Nothing reached Vipps, or a read brought no trustworthy answer. Safe to ask again.
    #[error("Vipps could not be reached")]
    VippsUnavailable { retry_after: Duration },
    /// The store does not answer, or the process is going down.
    #[error("the gateway cannot do this at the moment")]
    Unavailable,
    /// A stored row is not a legal value, or could not be opened.
    #[error("a stored row of {table} is damaged")]
    Corrupt { table: &'static str },
    /// A defect of the gateway.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

/// What the store could not do is never the caller's doing; use cases handle `Duplicate` and `Stale` where
/// they can happen. The cause is logged here, once, because it goes no further.
impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let cause = Causes(&error).to_string();
        match error {
            store::Error::Unavailable(_) => {
                tracing::warn!(cause, "the database is unavailable");
                Self::Unavailable
            }
            store::Error::Corrupt { table, .. } => {
                tracing::error!(cause, "a stored row is damaged");
                Self::Corrupt { table }
            }
            // Every attempt met somebody else's change: nothing was written, and it is safe to ask again.
            store::Error::Stale => {
                tracing::warn!(cause, "the store was too busy with the same rows");
                Self::Unavailable
            }
            store::Error::Duplicate(_) | store::Error::Refused(_) => {
                tracing::error!(cause, "the store refused a change");
                Self::Internal("the store refused a change")
            }
        }
    }
}

/// An error with what caused it, on one line.
struct Causes<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    SalesUnit,
    Payment,
    Operation,
    Receipt,
    Partner,
    Issuer,
    Client,
    Profile,
    Merchant,
    KeySet,
    Transfer,
    ProductOrder,
}

impl What {
    /// The noun in the error code: `payment` makes `payment_not_found`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SalesUnit => "sales_unit",
            Self::Payment => "payment",
            Self::Operation => "operation",
            Self::Receipt => "receipt",
            Self::Partner => "partner",
            Self::Issuer => "issuer",
            Self::Client => "client",
            Self::Profile => "profile",
            Self::Merchant => "merchant",
            Self::KeySet => "key_set",
            Self::Transfer => "transfer",
            Self::ProductOrder => "product_order",
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which of Vipps' limits, kept here, was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The face's own, by partner, environment and sales unit.
    SalesUnit,
    /// Five writes a minute by sales unit, reference and operation.
    Writes,
    /// 120 reads a minute by subscription key and reference.
    Reads,
}

impl Limit {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SalesUnit => "sales-unit",
            Self::Writes => "writes",
            Self::Reads => "reads",
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
