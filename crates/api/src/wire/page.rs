//! Lists on the wire.

use super::{ApiQuality, Event, Merchant, Payment, ProductOrder, SalesUnit, Transfer};

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident of $item:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name {
            data: Vec<$item>,
            /// Pass it as `cursor` to get the next page. `null`: this was the last.
            #[schema(required = true)]
            next_cursor: Option<String>,
            has_more: bool,
        }

        impl $name {
            pub(crate) fn new(data: Vec<$item>, next: Option<String>) -> Self {
                Self {
                    data,
                    has_more: next.is_some(),
                    next_cursor: next,
                }
            }
        }
    )*};
}

pub(crate) use pages;

pages! {
    /// Payments, newest first.
    PaymentPage of Payment;
    /// Events, oldest first; all of them.
    EventPage of Event;
    /// Merchants, oldest first.
    MerchantPage of Merchant;
    /// Product orders, newest first.
    ProductOrderPage of ProductOrder;
    /// Sales units.
    SalesUnitPage of SalesUnit;
    /// Transfers of a sales unit, newest first.
    TransferPage of Transfer;
    /// Counts of calls to Vipps, by sales unit and endpoint.
    ApiQualityPage of ApiQuality;
}
