//! What is wrong with an input, and how to put it right.

/// One fault of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field as the caller wrote it: `amount.value`, `orderLines[2].taxRate`, `header Idempotency-Key`.
    pub field: String,
    /// The rule that was broken, for programs: `required`, `format`, `range`, `type`, …
    pub rule: &'static str,
    /// The remedy, for people: a phrase that follows the field's name.
    pub message: String,
}

impl Violation {
    pub fn new(field: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            rule,
            message: message.into(),
        }
    }
}
