//! The payment rules of the gateway: values, states, decisions and refusals.
//!
//! Nothing here reads a clock, opens a socket, writes a row or knows JSON: a rule takes values and
//! returns values, so it can be tested by the million without a runtime.

pub mod admission;
pub mod api_call;
pub mod budget;
pub mod claim;
pub mod clock;
pub mod envelope;
pub mod environment;
pub mod event;
pub mod forwarded;
pub mod id;
pub mod idempotency;
pub mod key_set;
pub mod money;
pub mod msn;
pub mod operation;
pub mod outcome;
pub mod payment;
pub mod product;
pub mod product_order;
pub mod receipt;
pub mod reference;
pub mod secret;
pub mod trace;
pub mod transfer;
pub mod trouble;
pub mod upstream_key;
pub mod violation;

pub use api_call::{ApiCall, Blame};
pub use claim::Proof;
pub use clock::Clock;
pub use envelope::{Envelope, Method};
pub use environment::Environment;
pub use event::{Event, EventName};
pub use forwarded::{CancelFacts, CaptureFacts, CreateFacts, Forwarded, RefundFacts};
pub use id::{
    AssignmentId, ClientId, Id, IssuerId, KeySetId, MerchantId, OperationId, PartnerId, PaymentId,
    ProductOrderId, ProfileId, ReceiptId, SalesUnitId, TransferId,
};
pub use idempotency::{IdempotencyKey, Scope as IdempotencyScope};
pub use key_set::{CredentialMode, KeySet, KeySetKind};
pub use money::{Amount, Currency};
pub use msn::Msn;
pub use outcome::{Accepted, Outcome, Rejected};
pub use payment::{Aggregate, Merged, Move, Open, Payment, Reading, Refusal, State};
pub use product::ProductProfile;
pub use receipt::ReceiptFacts;
pub use reference::Reference;
pub use secret::Secret;
pub use trace::TraceContext;
pub use transfer::Closing;
pub use trouble::Trouble;
pub use upstream_key::UpstreamKey;
pub use violation::Violation;
