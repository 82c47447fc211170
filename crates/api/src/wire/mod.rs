//! What `/v1` answers with: our shapes, made from the values of `app`. Nothing here is ever read back.

mod amount;
mod api_quality;
mod event;
mod merchant;
mod operation;
mod page;
mod payment;
mod product_order;
mod receipt;
mod sales_unit;
mod transfer;

pub(crate) use amount::Amount;
pub(crate) use api_quality::ApiQuality;
pub(crate) use event::Event;
pub(crate) use merchant::Merchant;
pub(crate) use operation::{Operation, refusal};
pub(crate) use page::{
    ApiQualityPage, EventPage, MerchantPage, PaymentPage, ProductOrderPage, SalesUnitPage, TransferPage,
    pages,
};
pub(crate) use payment::Payment;
pub(crate) use product_order::ProductOrder;
pub(crate) use receipt::Receipt;
pub(crate) use sales_unit::SalesUnit;
pub(crate) use transfer::Transfer;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A moment in UTC, RFC 3339.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-25T12:00:00Z")]
pub(crate) struct Moment(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

impl From<OffsetDateTime> for Moment {
    fn from(at: OffsetDateTime) -> Self {
        Self(at.to_offset(time::UtcOffset::UTC))
    }
}
