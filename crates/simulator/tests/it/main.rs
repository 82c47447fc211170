//! The simulator through its front doors: HTTP, and the library's own handles.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod api;
mod behind;
mod codes;
mod conformance;
mod control;
mod dials;
mod faults;
mod headers;
mod management;
mod npm;
mod orders;
mod payments;
mod specs;
mod specs_partner;
mod start;
mod time_passes;
mod token;
mod walk;
mod webhooks;
