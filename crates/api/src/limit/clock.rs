//! The gateway's clock, as governor wants it.

use std::sync::Arc;
use std::time::Duration;

use domain::Clock;

/// Time since 1970: an instant that a test can turn.
#[derive(Debug, Clone)]
pub(super) struct GovernorClock(Arc<dyn Clock>);

impl GovernorClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self(clock)
    }
}

impl governor::clock::Clock for GovernorClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let since_1970 = self.0.now() - time::OffsetDateTime::UNIX_EPOCH;
        Duration::try_from(since_1970).unwrap_or_default()
    }
}
