//! A product order as an operator sees it: neither the form nor the link, which are the partner's and its merchant's.

use app::product_orders::FoundProductOrder;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// One order of a partner at Vipps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FoundProductOrder)]
pub(crate) struct ProductOrder {
    #[schema(
        example = "por_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^por_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "production", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(
        example = "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^mer_[0-9a-f]{32}$"
    )]
    merchant_id: String,
    /// As the partner's form says it.
    #[schema(example = "PAYMENT_INTEGRATION")]
    product_type: String,
    /// The words of `/v1`.
    #[schema(example = "order_submitted")]
    status: &'static str,
    /// The sales unit that came of it.
    #[schema(required = true)]
    msn: Option<String>,
    /// Its id at Vipps.
    #[schema(required = true)]
    vipps_id: Option<String>,
    /// Looks in a row that told nothing.
    tries: u32,
    /// When it is looked at next; null: it has ended.
    #[schema(required = true)]
    due_at: Option<Moment>,
    #[schema(required = true)]
    expires_at: Option<Moment>,
    #[schema(required = true)]
    checked_at: Option<Moment>,
    created_at: Moment,
    #[schema(required = true)]
    ended_at: Option<Moment>,
}

impl From<FoundProductOrder> for ProductOrder {
    fn from(order: FoundProductOrder) -> Self {
        Self {
            id: order.id.to_string(),
            partner_id: order.partner.to_string(),
            environment: order.environment.as_str(),
            merchant_id: order.merchant.to_string(),
            product_type: order.product_type,
            status: order.status.as_str(),
            msn: order.msn,
            vipps_id: order.vipps_id,
            tries: order.tries,
            due_at: order.due_at.map(Moment::from),
            expires_at: order.expires_at.map(Moment::from),
            checked_at: order.checked_at.map(Moment::from),
            created_at: order.created_at.into(),
            ended_at: order.ended_at.map(Moment::from),
        }
    }
}
