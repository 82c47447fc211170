//! A call that was held back here.

use time::Duration;

use crate::Error;

/// Why nothing left. It binds nothing: whoever asked may ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The door of Vipps is out.
    Outage { retry_after: Duration },
    /// Vipps refuses the sales unit with the keys it has.
    Disconnected { retry_after: Duration },
}

impl Held {
    /// In words.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Outage { .. } => "held back: this door of Vipps is out",
            Self::Disconnected { .. } => "held back: Vipps refuses the sales unit",
        }
    }
}

impl From<Held> for Error {
    fn from(held: Held) -> Self {
        match held {
            Held::Outage { retry_after } => Self::VippsUnavailable { retry_after },
            Held::Disconnected { retry_after } => Self::Disconnected { retry_after },
        }
    }
}
