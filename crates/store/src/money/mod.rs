//! Payments, operations, sends, idempotency keys and receipts.
//!
//! What is written together is one call here, and every write that follows a call to Vipps proves by the
//! payment's fence that its writer still owns the payment.

mod bodies;
mod by_hand;
mod convert;
mod forget;
pub(crate) mod kept;
mod keys;
mod late;
pub(crate) mod open;
mod operation;
mod operations;
mod ownership;
mod payment;
mod payments;
mod receipts;
mod table;
mod unknown;

pub use bodies::{Erased, Forgotten};
pub use by_hand::{FoundOperation, OpenFilter, OpenPlace};
pub use kept::Answer;
pub use keys::KeyHolder;
pub use late::DueLatePayment;
pub use operation::{Operation, Release};
pub use operations::{Attempt, DueOperation, Ended, NextStep, SendInDoubt, Settlement};
pub use ownership::Held;
pub use payment::{NewPayment, PaymentRecord, Presence};
pub use payments::{PaymentFilter, PaymentUpdate};
pub use receipts::{DueReceipt, NewReceipt, ReceiptEnd, ReceiptRecord};
pub use unknown::{OldestUnknown, Unknowns};
