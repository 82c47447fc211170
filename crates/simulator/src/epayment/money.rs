//! Currencies, and what the markets make of them.

use serde::{Deserialize, Serialize};

use crate::registry::parties::Market;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    Nok,
    Dkk,
    Eur,
    Sek,
    Usd,
    Gbp,
}

impl Currency {
    pub fn code(self) -> &'static str {
        match self {
            Self::Nok => "NOK",
            Self::Dkk => "DKK",
            Self::Eur => "EUR",
            Self::Sek => "SEK",
            Self::Usd => "USD",
            Self::Gbp => "GBP",
        }
    }

    pub(crate) fn of(market: Market) -> Self {
        match market {
            Market::No => Self::Nok,
            Market::Dk => Self::Dkk,
            Market::Fi => Self::Eur,
        }
    }

    /// The least amount of a payment, in minor units.
    pub(crate) fn minimum(self) -> i64 {
        match self {
            Self::Nok | Self::Sek => 100,
            Self::Dkk | Self::Eur | Self::Usd | Self::Gbp => 1,
        }
    }
}

/// 650 000.00 in every currency.
pub(crate) const MAXIMUM: i64 = 65_000_000;
