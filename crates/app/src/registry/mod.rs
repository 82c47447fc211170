//! The registry: who may do what with which sales unit, and by which keys.
//!
//! The operator changes it, one file per noun; requests read it through a view that is as old as the
//! registry's version says and never older than two seconds.

mod change;
pub mod clients;
pub mod data_keys;
pub mod issuers;
pub mod key_sets;
pub(crate) mod key_switches;
pub mod merchants;
mod page;
pub mod partners;
pub mod profiles;
pub mod retention;
pub mod sales_units;
pub mod tokens;
mod unit;
mod view;

pub(crate) use change::{invalid, name};
pub(crate) use page::{cut, part};
pub(crate) use store::registry::Part;
pub use store::registry::{
    Assignment, AssignmentState, Client, Issuer, Jwks, KeySetOwner, KeySetState, Market, Merchant, Orphans,
    Partner, PartnerState, Profile, RevokedOperatorToken, RevokedToken, Standing, StoredKeySet,
};
pub use unit::Unit;
pub use view::watch;

pub(crate) use view::View;
