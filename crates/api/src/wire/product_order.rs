//! A product order on the wire.

use app::product_orders::ProductOrder as Known;
use domain::product_order::Status as Reached;
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// What a partner has prefilled at Vipps for one of its merchants.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProductOrder {
    #[schema(
        example = "por_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^por_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^mer_[0-9a-f]{32}$"
    )]
    merchant_id: String,
    #[schema(example = "PAYMENT_INTEGRATION")]
    product_type: String,
    status: Status,
    /// What the status means and what comes next.
    #[schema(example = "The merchant has not opened the link yet.")]
    reason: &'static str,
    /// Where the merchant signs. There while the merchant may.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        format = "uri",
        example = "https://portal.vippsmobilepay.com/register/vippspanett/81b83246-5c19-7b94-875b-ea6d1114f099"
    )]
    prefill_url: Option<String>,
    /// When the link stops working: 14 days after the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Moment>,
    /// The sales unit that came of it: drafted here, and its claim proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: Option<String>,
    /// Vipps' own id, for a support case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "81b83246-5c19-7b94-875b-ea6d1114f099")]
    vipps_id: Option<String>,
    created_at: Moment,
    /// When Vipps said last how far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Moment>,
    /// Since when nothing can come of it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

/// `pending`: whether Vipps has it is not known yet. `received`, `merchant_viewed`, `order_submitted`, `completed`,
/// `rejected`, `expired`: as Vipps says. `deleted`: taken back. `refused`: Vipps did not take it. `not_created`: it
/// never reached Vipps.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductOrderStatus)]
pub(crate) enum Status {
    Pending,
    Received,
    MerchantViewed,
    OrderSubmitted,
    Completed,
    Rejected,
    Expired,
    Deleted,
    Refused,
    NotCreated,
}

impl From<Reached> for Status {
    fn from(reached: Reached) -> Self {
        match reached {
            Reached::Pending => Self::Pending,
            Reached::Received => Self::Received,
            Reached::MerchantViewed => Self::MerchantViewed,
            Reached::OrderSubmitted => Self::OrderSubmitted,
            Reached::Completed => Self::Completed,
            Reached::Rejected => Self::Rejected,
            Reached::Expired => Self::Expired,
            Reached::Deleted => Self::Deleted,
            Reached::Refused => Self::Refused,
            Reached::NotCreated => Self::NotCreated,
        }
    }
}

const fn reason(status: Reached) -> &'static str {
    match status {
        Reached::Pending => "Vipps has not answered yet. The gateway finds out whether it has the order.",
        Reached::Received => "The merchant has not opened the link yet.",
        Reached::MerchantViewed => "The merchant has opened the link and not signed yet.",
        Reached::OrderSubmitted => "The merchant has signed. Vipps is at work, which can take some days.",
        Reached::Completed => {
            "The sales unit is there and its claim is proven: put its own keys, or have the partner's keys serve it."
        }
        Reached::Rejected => "Vipps has rejected the order and does not say why. The merchant may ask Vipps.",
        Reached::Expired => "The link has expired before the merchant signed. Make a new order.",
        Reached::Deleted => "The order was taken back.",
        Reached::Refused => "Vipps did not take the order.",
        Reached::NotCreated => "The order never reached Vipps. Make a new one.",
    }
}

impl From<Known> for ProductOrder {
    fn from(order: Known) -> Self {
        Self {
            id: order.id.to_string(),
            merchant_id: order.merchant.to_string(),
            product_type: order.product_type,
            status: order.status.into(),
            reason: reason(order.status),
            prefill_url: order.link,
            expires_at: order.expires_at.map(Moment::from),
            msn: order.msn.map(|msn| msn.to_string()),
            vipps_id: order.vipps_id,
            created_at: order.created_at.into(),
            checked_at: order.checked_at.map(Moment::from),
            ended_at: order.ended_at.map(Moment::from),
        }
    }
}
