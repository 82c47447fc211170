//! A clock that is turned by hand.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Clock;
use domain::clock::Sleep;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Hand {
    now: watch::Sender<OffsetDateTime>,
    ids: AtomicU64,
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self {
            now: watch::Sender::new(datetime!(2026-11-21 12:00 UTC)),
            ids: AtomicU64::new(1),
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now += by);
    }
}

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: OffsetDateTime) -> Sleep {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            let _ended = now.wait_for(|now| *now >= at).await;
        })
    }

    fn new_id(&self) -> Uuid {
        let next = self.ids.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(next, next.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}
