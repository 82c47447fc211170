//! What use cases answer with.

use domain::operation::{Kind, Status};
use domain::receipt;
use domain::{Amount, Msn, OperationId, Payment, Reference, Rejected, Violation};
use time::OffsetDateTime;

/// Until when a caller waits for an outcome. Afterwards it is told that the operation is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub until: OffsetDateTime,
}

/// The answer to an operation that moves money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub operation: OperationView,
    /// Absent only when the payment does not exist: a create that was refused or never came about.
    pub payment: Option<PaymentView>,
    /// Whether this is the stored answer to a request that had been settled before this one came.
    pub replayed: bool,
    pub progress: Progress,
}

/// Whether the outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// `operation.status` is `succeeded`, `refused`, `not_created` or `abandoned`.
    Settled,
    /// The caller's wait ended first; the gateway goes on.
    StillOpen,
}

/// One operation as its partner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationView {
    pub id: OperationId,
    pub kind: Kind,
    pub status: Status,
    pub msn: Msn,
    pub reference: Reference,
    /// Absent for a cancel: it releases whatever is left.
    pub amount: Option<Amount>,
    pub created_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
    /// Vipps' answer to a refused operation; absent when the event log alone says that it failed.
    pub refusal: Option<Rejected>,
    /// Vipps' 2xx answer as it came, where one came.
    pub accepted: Option<Vec<u8>>,
}

/// One payment, with what Vipps said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    pub payment: Payment,
    /// The last `GET` as it came; absent until the first.
    pub reading: Option<Vec<u8>>,
    /// The answer to create as it came; absent for an adopted payment.
    pub created: Option<Vec<u8>>,
}

/// A receipt on its way to Vipps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptView {
    pub msn: Msn,
    pub reference: Reference,
    pub status: receipt::Status,
    /// The sum of the lines with tax.
    pub sum: Amount,
    /// The receipt as it was put.
    pub body: Vec<u8>,
    /// What is odd about it and refuses nothing: lines that do not sum to the payment.
    pub warnings: Vec<Violation>,
    /// Vipps' answer to a refused one, or to the last try of a queued one.
    pub reason: Option<Rejected>,
    /// Why nobody tries any more.
    pub abandoned: Option<receipt::Abandoned>,
    pub created_at: OffsetDateTime,
    /// When it was sent, refused or abandoned.
    pub ended_at: Option<OffsetDateTime>,
}
