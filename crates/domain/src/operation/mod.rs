//! One attempted move of money.

pub mod evidence;
pub mod generation;
pub mod resolve;
pub mod verdict;

use std::fmt;

pub use evidence::{Evidence, Sought};
pub use verdict::Verdict;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Create,
    Capture,
    Refund,
    Cancel,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Create, Self::Capture, Self::Refund, Self::Cancel];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Cancel => "cancel",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its intent is stored; the call may be on its way.
    Pending,
    Succeeded,
    Refused,
    /// It left and no trustworthy answer came: not an error, and nobody may guess.
    Unknown,
    /// A create that provably never reached Vipps. The reference stays burnt.
    NotCreated,
    /// An operator closed it by hand.
    Abandoned,
}

impl Status {
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Succeeded,
        Self::Refused,
        Self::Unknown,
        Self::NotCreated,
        Self::Abandoned,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::NotCreated => "not_created",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether money may still move because of it.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::Unknown => true,
            Self::Succeeded | Self::Refused | Self::NotCreated | Self::Abandoned => false,
        }
    }
}

#[cfg(test)]
mod tests;
