//! Onboarding: from nothing to a sales unit that takes payments, by the partner alone.
//!
//! Anyone may draft any serial number: a draft blocks nobody and learns nothing. A claim on one is proven at
//! Vipps ([`claim`]); what a unit's keys do there is told apart by [`diagnosis`]. No transaction is open
//! during a call, and nothing is kept of keys that Vipps refuses.

pub(crate) mod claim;
pub(crate) mod credentials;
pub(crate) mod diagnosis;
mod draft;
mod held;
pub(crate) mod look;
mod merchants;
mod mode;

pub use claim::verify_by_operator;
pub use credentials::{NewKeys, put_credentials};
pub use draft::{Draft, create_sales_unit};
pub use held::{Checkup, HeldUnit, KeySwitch, Stage};
pub(crate) use look::look;
pub use look::{probe, probe_by_operator};
pub use merchants::{NewMerchant, create_merchant, get_merchant, list_merchants};
pub use mode::put_credential_mode;
