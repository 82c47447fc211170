//! Money on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// Money in minor units: `{ "currency": "NOK", "value": 49900 }` is 499 kroner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Amount {
    /// Three upper-case letters.
    #[schema(example = "NOK", pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// Whole minor units.
    #[schema(example = 49900)]
    pub value: i64,
}

impl From<domain::Amount> for Amount {
    fn from(amount: domain::Amount) -> Self {
        Self {
            currency: amount.currency.to_string(),
            value: amount.value,
        }
    }
}
