//! The gateway's clock, as governor wants it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Clock;

/// Time since 1970: an instant that a test can turn. It never goes back: to governor, what was spent before the clock was
/// set back would be spent in the future, and whoever had spent it would wait until the clock had caught up.
#[derive(Debug, Clone)]
pub(super) struct GovernorClock {
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    last: Duration,
    /// How far the clock was set back in all.
    lost: Duration,
}

impl GovernorClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            seen: Arc::default(),
        }
    }
}

impl governor::clock::Clock for GovernorClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Read while it is held, or those who come at once would set each other back.
        let since_1970 = self.clock.now() - time::OffsetDateTime::UNIX_EPOCH;
        let told = Duration::try_from(since_1970).unwrap_or_default();
        let back = seen.last.saturating_sub(told);
        seen.lost += back;
        seen.last = told;
        told + seen.lost
    }
}
