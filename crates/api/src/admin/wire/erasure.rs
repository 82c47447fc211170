//! What an erasure took away, on the wire: how much, and nothing of whom.

use app::customers::Erasure as Done;
use serde::Serialize;
use utoipa::ToSchema;

/// How much was forgotten.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Erasure {
    /// Payments whose customer is forgotten. Amounts, states and references stay.
    #[schema(example = 3)]
    payments: u64,
    #[schema(example = 7)]
    operations: u64,
    #[schema(example = 1)]
    receipts: u64,
    /// Payments with money or a receipt on its way: they are whole. Ask again when that is over.
    open: Vec<String>,
}

impl From<Done> for Erasure {
    fn from(done: Done) -> Self {
        Self {
            payments: done.payments,
            operations: done.operations,
            receipts: done.receipts,
            open: done.open.iter().map(ToString::to_string).collect(),
        }
    }
}
