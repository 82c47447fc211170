//! Product orders: the partner prefills Vipps' form, the merchant signs it, and a sales unit comes of it that is the
//! partner's to serve (Management API 2.0.9, 2026; production only, under the partner's own keys).
//!
//! An order is made like money is moved: written down, sent, settled. Its outcome is never guessed: the same bytes
//! under the same key are all that is ever sent again, and only within the replay horizon; afterwards Vipps' list of
//! orders is read. A job follows every open order to its end.

mod access;
mod complete;
mod create;
mod delete;
mod look;
mod read;
mod settle;
mod step;

use domain::product_order::Status;

pub use create::{Create, Placed, create};
pub use delete::delete;
pub use read::{find, get, list, page_all};
pub(crate) use step::{set_aside, step};
pub use store::product_orders::{FoundProductOrder, ProductOrder};

/// Why an order cannot be made or taken back, now or ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    #[error("product orders exist in the production environment only")]
    InTest,
    /// It has no active partner keys in this environment, or no product profile.
    #[error("the partner has no keys of its own to order with")]
    WithoutKeys,
    /// Whether Vipps has it is not known, or it is being worked on.
    #[error("the product order is not settled yet")]
    Unsettled,
    /// It was signed, or has ended.
    #[error("the product order is {} and cannot be taken back", .0.as_str())]
    Closed(Status),
}

impl From<Hindrance> for crate::Error {
    fn from(hindrance: Hindrance) -> Self {
        Self::ProductOrder(hindrance)
    }
}
