//! The simulator through its front doors: HTTP, and the library's own handles.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod api;
mod conformance;
mod management;
mod npm;
mod payments;
mod start;
mod token;
mod walk;
mod webhooks;
