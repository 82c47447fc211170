//! The system's clock: the one place that reads the machine's time and draws ids.

use std::time::{Duration, Instant};

use domain::clock::{Clock, Sleep};
use time::OffsetDateTime;
use uuid::Uuid;

/// How long a wait trusts the monotonic timer before it looks at the calendar again, so that a machine whose clock is
/// stepped wakes within this time.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Real time, real waits, fresh ids.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc().truncate_to_microsecond()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn sleep_until(&self, at: OffsetDateTime) -> Sleep {
        let clock = *self;
        Box::pin(async move {
            let wait = at - clock.now();
            let began = Instant::now();
            // The two run a little apart also on a machine that is well: the calendar comes first then.
            let timer = wait + wait / 500 + time::Duration::MILLISECOND;
            while let Some(left) = left(timer - began.elapsed(), at - clock.now()) {
                tokio::time::sleep(left.min(LOOK_AGAIN)).await;
            }
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// What is left of a wait, by the time that has passed and by the calendar, which may have been set back or forward:
/// the shorter one. `None` = nothing.
fn left(by_the_timer: time::Duration, by_the_calendar: time::Duration) -> Option<Duration> {
    let left = Duration::try_from(by_the_timer.min(by_the_calendar)).ok()?;
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_that_is_set_back_or_forward_makes_no_wait_longer() {
        let (second, hours) = (time::Duration::SECOND, time::Duration::hours(3));
        assert_eq!(left(second, second), Some(Duration::from_secs(1)));
        assert_eq!(left(second, hours), Some(Duration::from_secs(1)));
        assert_eq!(left(time::Duration::ZERO, hours), None);
        assert_eq!(left(second, -hours), None);
    }

    #[tokio::test]
    async fn a_wait_for_the_past_ends_at_once_and_for_the_future_not_before() {
        let clock = SystemClock;
        clock.sleep_until(clock.now() - time::Duration::days(1)).await;
        let at = clock.now() + time::Duration::milliseconds(5);
        clock.sleep_until(at).await;
        assert!(clock.now() >= at);
    }

    #[test]
    fn a_time_is_as_exact_as_the_databases_keep_it_so_that_a_replayed_answer_is_the_same() {
        assert!((0..100).all(|_| SystemClock.now().nanosecond().is_multiple_of(1_000)));
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let ids: Vec<_> = std::iter::repeat_with(|| SystemClock.new_id())
            .take(100)
            .collect();
        assert!(ids.is_sorted());
    }
}
