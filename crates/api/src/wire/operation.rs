//! An operation on the wire.

use app::{OperationView, PaymentView};
use domain::operation::{Kind, Status as Known};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Amount, Moment, Payment};
use crate::problem::{Code, Problem, Vipps};

/// One attempt to move money, and what is known of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    #[schema(
        example = "op_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^op_[0-9a-f]{32}$"
    )]
    id: String,
    #[serde(rename = "type")]
    kind: Type,
    status: Status,
    /// Absent for a cancel, which releases whatever is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    created_at: Moment,
    /// When the result became known.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<Moment>,
    /// Why it was refused; only when `status` is `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    /// The payment as it is known now. Absent when there is none: a create that did not come about.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Payment>,
}

/// What the operation does.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OperationType)]
pub(crate) enum Type {
    Create,
    Capture,
    Refund,
    Cancel,
}

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Create => Self::Create,
            Kind::Capture => Self::Capture,
            Kind::Refund => Self::Refund,
            Kind::Cancel => Self::Cancel,
        }
    }
}

/// `pending`: on its way. `succeeded` and `refused`: Vipps said so. `unknown`: it left and no trustworthy
/// answer came; it is being found out, and nobody may guess. `not_created`: a create that Vipps turned out
/// not to have. `abandoned`: closed by the operator.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperationStatus)]
pub(crate) enum Status {
    Pending,
    Succeeded,
    Refused,
    Unknown,
    NotCreated,
    Abandoned,
}

impl From<Known> for Status {
    fn from(status: Known) -> Self {
        match status {
            Known::Pending => Self::Pending,
            Known::Succeeded => Self::Succeeded,
            Known::Refused => Self::Refused,
            Known::Unknown => Self::Unknown,
            Known::NotCreated => Self::NotCreated,
            Known::Abandoned => Self::Abandoned,
        }
    }
}

/// The problem that the refused request was answered with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// A code of the problem table.
    #[schema(example = "capture_period_over")]
    code: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vipps: Option<Vipps>,
}

impl Operation {
    pub(crate) fn new(operation: &OperationView, payment: Option<PaymentView>) -> Self {
        let refusal = match operation.status {
            Known::Refused => {
                let problem = refusal(operation);
                Some(Refusal {
                    code: problem.code(),
                    title: problem.title(),
                    vipps: problem.vipps().cloned(),
                })
            }
            Known::Pending | Known::Succeeded | Known::Unknown | Known::NotCreated | Known::Abandoned => None,
        };
        Self {
            id: operation.id.to_string(),
            kind: operation.kind.into(),
            status: operation.status.into(),
            amount: operation.amount.map(Amount::from),
            created_at: operation.created_at.into(),
            settled_at: operation.settled_at.map(Moment::from),
            refusal,
            payment: payment.map(Payment::from),
        }
    }
}

/// Vipps' no to an operation, as its partner is told.
pub(crate) fn refusal(operation: &OperationView) -> Problem {
    let operation_id = match operation.kind {
        Kind::Create => "createPayment",
        Kind::Capture => "capturePayment",
        Kind::Refund => "refundPayment",
        Kind::Cancel => "cancelPayment",
    };
    operation.refusal.as_ref().map_or_else(
        || {
            Problem::new(Code::VIPPS_REFUSED)
                .saying("Vipps' event log shows that the operation failed, and does not say why.")
        },
        |rejected| Problem::of_vipps(operation_id, rejected),
    )
}
