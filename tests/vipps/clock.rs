use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Clock;
use domain::clock::Sleep;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::watch;
use uuid::Uuid;

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct Hand {
    now: watch::Sender<OffsetDateTime>,
    ids: AtomicU64,
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self {
            now: watch::Sender::new(datetime!(2026-11-21 12:00 UTC)),
            ids: AtomicU64::new(0),
        }
    }
}

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: OffsetDateTime) -> Sleep {
        let mut now = self.now.subscribe();
        let wait: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let _ended = now.wait_for(|now| *now >= at).await;
        });
        wait
    }

    fn new_id(&self) -> Uuid {
        let next = self.ids.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(next, next.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}
