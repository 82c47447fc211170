//! The rows of the money tables, as they lie in the database.

pub(super) mod attempts;
pub(super) mod customers;
pub(super) mod idempotency_keys;
pub(super) mod late_payments;
pub(super) mod operations;
pub(super) mod payments;
pub(super) mod receipts;
