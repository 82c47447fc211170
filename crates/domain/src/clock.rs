//! The one clock: time, waiting and fresh ids come in through it.

use std::future::Future;
use std::pin::Pin;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Clocks of one gateway are this close together. What lies further ahead was written before a clock was set back.
pub const TOLERANCE: Duration = Duration::minutes(5);

/// Waiting that can be stored and sent between tasks.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// Where time and ids come from. The system's in production, a hand-turned one in tests.
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// The present, in UTC, in whole microseconds: what both databases keep, so that a time read back is the
    /// time that was answered.
    fn now(&self) -> OffsetDateTime;

    /// Ends when the clock shows `at` or later; at once when it already does. A clock that is set back
    /// meanwhile makes the wait no longer.
    fn sleep_until(&self, at: OffsetDateTime) -> Sleep;

    /// A fresh id that sorts by the time it was made (UUID version 7).
    fn new_id(&self) -> Uuid;
}
