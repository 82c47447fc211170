//! Product orders: what was asked of Vipps for a merchant, and how far it has come.
//!
//! A row is written before Vipps is called. Whoever works on one holds it by a lease and a fence: what is written
//! after a call proves by the fence that nobody else has taken it since. What was asked is kept, sealed, for as long
//! as it may have to be sent again, and the link for as long as the merchant may use it.

mod find;
mod record;
mod table;
mod write;

pub use find::{DueProductOrder, FoundProductOrder};
pub use record::ProductOrder;
pub use write::{NewProductOrder, Next};

const TABLE: &str = "product_orders";
const REQUEST: &str = "product_orders.request";
const LINK: &str = "product_orders.link";
const ANSWER: &str = "product_orders.answer";
/// What makes fingerprints of orders differ from those of anything else.
const PURPOSE: &str = "product order";
