//! Waiting for what another process does, by looking.

use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);
/// Longer than anything takes that is waited for on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);

/// Returns when it can be seen.
///
/// # Panics
/// When that takes longer than a minute.
pub(crate) async fn until(what: &str, mut is_seen: impl FnMut() -> bool) {
    let end = Instant::now() + LONGEST;
    while !is_seen() {
        assert!(Instant::now() < end, "never seen: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a gateway asks for with `Retry-After`.
pub(crate) async fn pause(seconds: u32) {
    tokio::time::sleep(Duration::from_secs(seconds.into())).await;
}
