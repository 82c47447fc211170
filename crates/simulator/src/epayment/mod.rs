//! ePayment API v1.

pub(crate) mod events;
pub(crate) mod money;

use crate::route::Route;

pub use crate::epayment::events::{Event, EventName};
pub use crate::epayment::money::Currency;

pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
