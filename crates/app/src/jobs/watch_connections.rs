//! Hearing from other processes which sales units are disconnected, and which are connected again.

use time::OffsetDateTime;

use crate::{App, Error};

/// Reads once what is written down of it. Returns how many sales units are disconnected.
///
/// # Errors
/// The store did not answer.
pub async fn run_once(app: &App, _now: OffsetDateTime) -> Result<usize, Error> {
    app.adopt_disconnections().await
}
