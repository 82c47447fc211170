//! `/v1` through its router: a real app on SQLite beside the simulator, and every answer held against the
//! document that partners are given.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod api_quality;
mod bad_input;
mod client;
mod contract;
mod door;
mod payment;
mod world;
