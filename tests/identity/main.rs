//! Who is believed, and what the registry promises, as the faces see it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests stop at the first surprise and sign with few algorithms"
)]

mod audit;
mod endpoint;
mod published;
mod revoked;
mod signer;
mod tokens;
mod units;
mod world;
