//! Why a value was not sealed or opened.

use uuid::Uuid;

/// A key that is not at hand and damage are different troubles with different remedies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the value is sealed with key {key_id}, which the key file does not hold; add that key to the file"
    )]
    UnknownKey { key_id: String },
    #[error(
        "the value is sealed with data key {id}, which its owner does not have: it came from another partner's \
         row, or the table data_keys has lost a row"
    )]
    UnknownDataKey { id: Uuid },
    #[error(
        "the value does not open in this row: it was altered, or belongs to another row, partner or environment"
    )]
    DoesNotOpen,
    #[error("the value is not in a format this version can open")]
    UnknownFormat,
    #[error("the system gives no random numbers")]
    NoRandomness,
}
