//! A receipt on the wire.

use app::ReceiptView;
use domain::receipt::{Abandoned, Status as Known};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Amount, Moment};
use crate::problem::Vipps;

/// The receipt of a payment, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    /// The payment's reference.
    #[schema(example = "acme-shop-123-1", pattern = "^[a-zA-Z0-9-]{8,64}$")]
    reference: String,
    status: Status,
    /// What the lines add up to, tax included and returns taken off.
    sum: Amount,
    /// What is odd and refuses nothing. The app shows no receipt whose lines do not add up to the payment.
    warnings: Vec<Warning>,
    /// What Vipps said when it refused, or at the last try of a receipt that still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Vipps>,
    /// Why an abandoned one is not tried any more.
    #[schema(
        example = "The sales unit went to another partner before Vipps was known to have this receipt."
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    created_at: Moment,
    /// When it was sent, refused or abandoned.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
    /// The receipt as it was put.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    #[serde(rename = "receipt")]
    body: Value,
}

/// `queued`: it goes out by itself, as often as it takes. `sent`: Vipps has it. `refused`: Vipps does not
/// want it, see `reason`; the sale is not affected. `abandoned`: nobody tries any more and Vipps is not known
/// to have it, see `note`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReceiptStatus)]
pub(crate) enum Status {
    Queued,
    Sent,
    Refused,
    Abandoned,
}

const fn note(abandoned: Abandoned) -> &'static str {
    match abandoned {
        Abandoned::UnitMoved => {
            "The sales unit went to another partner before Vipps was known to have this receipt. Nothing is sent for it here any more."
        }
        Abandoned::UnitEnded => {
            "The sales unit was ended before Vipps was known to have this receipt. Nothing is sent for it any more."
        }
    }
}

/// Something odd about one value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warning {
    #[schema(example = "orderLines")]
    field: String,
    #[schema(example = "sum")]
    rule: String,
    #[schema(example = "adds up to 490.00 NOK, and the payment is 499.00 NOK")]
    message: String,
}

impl From<ReceiptView> for Receipt {
    fn from(view: ReceiptView) -> Self {
        Self {
            reference: view.reference.to_string(),
            status: match view.status {
                Known::Queued => Status::Queued,
                Known::Sent => Status::Sent,
                Known::Refused => Status::Refused,
                Known::Abandoned => Status::Abandoned,
            },
            sum: view.sum.into(),
            warnings: view
                .warnings
                .into_iter()
                .map(|odd| Warning {
                    field: odd.field,
                    rule: odd.rule.to_owned(),
                    message: odd.message,
                })
                .collect(),
            reason: view.reason.as_ref().map(Vipps::from),
            note: view.abandoned.map(note),
            created_at: view.created_at.into(),
            ended_at: view.ended_at.map(Moment::from),
            // Empty when it was forgotten.
            body: serde_json::from_slice(&view.body).unwrap_or_else(|_| serde_json::json!({})),
        }
    }
}
