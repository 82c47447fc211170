//! Everything that leaves the house: calls to Vipps and fetches of partners' URLs.
//!
//! Nothing here decides whether a call may be made, remembers a payment or retries on its own: a call is
//! made once and its outcome is told as it is, including "nobody knows".

mod client;
mod exchange;
mod guard;
pub mod jwks;
pub mod reach;
pub mod vipps;

pub use client::{SetupError, Timeouts};
pub use jwks::Jwks;
pub use vipps::{Access, Vipps};
