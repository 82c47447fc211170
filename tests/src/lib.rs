//! The harness of the tests that see the whole gateway.
//!
//! A [`World`] is a simulator and a gateway on one virtual clock: nothing moves until the test turns it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests stop at the first surprise"
)]

mod clock;
mod database;
mod partner;
mod world;

pub use clock::ManualClock;
pub use database::{Database, Kind};
pub use partner::{Partner, nok};
pub use world::{Beside, World};
