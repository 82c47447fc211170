//! Who is believed, and what the registry promises, as the faces see it.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod clock;
mod endpoint;
mod published;
mod signer;
mod tokens;
mod units;
mod world;
