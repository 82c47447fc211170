//! Who asks: bearer tokens of registered issuers and of our own, and the token endpoint.
//!
//! A library checks signatures; everything a token claims is judged here, by our clock, because what a JWT
//! library accepts by default is not what a gateway of money may accept.

mod bearer;
mod claims;
mod compact;
mod keys;
pub mod oauth;
pub(crate) mod operator;
pub mod own_keys;
mod refusal;
mod signer;
mod verify;

pub use bearer::authenticate;
pub use refusal::{Reason, Refusal};
