//! What leaves the house, over real sockets.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod clock;
mod house;
mod socket;
mod upstream;

mod failing_sockets;
mod jwks;
mod key_fail_over;
mod ledger;
mod outcomes;
mod probing;
mod reading;
mod secrets;
mod sending;
mod tokens;
mod tokens_refused;
