//! An operation as an operator sees it: neither its bodies nor its caller's key, which are the partner's.

use app::operations::Operation as Known;
use serde::Serialize;
use time::Duration;
use utoipa::ToSchema;

use crate::wire::{Amount, Moment};

/// One create, capture, refund or cancel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OpenOperation)]
pub(crate) struct Operation {
    #[schema(
        example = "op_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^op_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: String,
    #[schema(example = "acme-shop-123-1")]
    reference: String,
    #[serde(rename = "type")]
    #[schema(example = "capture")]
    kind: &'static str,
    #[schema(example = "unknown")]
    status: &'static str,
    /// Null: a cancel has none.
    #[schema(required = true)]
    amount: Option<Amount>,
    /// The idempotency key that Vipps has seen.
    upstream_key: String,
    /// How often it was sent.
    #[schema(example = 3)]
    sends: i64,
    first_sent_at: Moment,
    last_sent_at: Moment,
    /// From when on an unknown one may be abandoned; null: it has ended.
    #[schema(required = true)]
    may_be_abandoned_from: Option<Moment>,
    /// When the gateway looks at it next.
    #[schema(required = true)]
    next_step_at: Option<Moment>,
    created_at: Moment,
    #[schema(required = true)]
    settled_at: Option<Moment>,
}

impl Operation {
    /// `horizon` = how long after its first send the gateway sends one again by itself.
    pub(crate) fn new(operation: &Known, horizon: Duration) -> Self {
        let is_open = operation.status.is_open();
        Self {
            id: operation.id.to_string(),
            partner_id: operation.partner.to_string(),
            environment: operation.environment.as_str(),
            msn: operation.msn.to_string(),
            reference: operation.reference.to_string(),
            kind: operation.kind.as_str(),
            status: operation.status.as_str(),
            amount: operation.amount.map(Amount::from),
            upstream_key: operation.upstream_key.as_str().to_owned(),
            sends: i64::from(operation.sends),
            first_sent_at: operation.sent.first.into(),
            last_sent_at: operation.sent.last.into(),
            may_be_abandoned_from: is_open.then(|| (operation.sent.first + horizon).into()),
            next_step_at: operation.next_step_at.map(Moment::from),
            created_at: operation.created_at.into(),
            settled_at: operation.settled_at.map(Moment::from),
        }
    }
}
