//! The simulator's own clock: the real one, optionally turned ahead, or a virtual one that moves
//! only when it is told to. The one place of the crate that reads real time.
//!
//! Timers fire in the order of their instants, equal instants in the order they were set. While
//! [`Clock::advance`] turns the clock it waits, after every timer, until nobody keeps a [`Hold`]:
//! a delivery that woke at some instant is finished before the clock moves on.

use std::cmp::Ordering as Order;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::lock::Held;

/// Which time a simulator lives in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockMode {
    /// The machine's time; `advance` turns it ahead, it never goes back.
    #[default]
    Real,
    /// Stands still at `start` until somebody calls `advance`.
    Virtual { start: OffsetDateTime },
}

/// A handle on the simulator's clock. Cheap to clone; all clones are one clock.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    time: Mutex<Reading>,
    timers: Mutex<Timers>,
    changed: Notify,
    holds: AtomicUsize,
    quiet: Notify,
    turning: tokio::sync::Mutex<()>,
}

enum Reading {
    Real { ahead: time::Duration },
    Virtual { now: OffsetDateTime },
}

#[derive(Default)]
struct Timers {
    stopped: bool,
    next: u64,
    heap: BinaryHeap<Timer>,
}

struct Timer {
    at: OffsetDateTime,
    number: u64,
    due: Box<dyn FnOnce() + Send>,
}

impl Clock {
    pub fn new(mode: ClockMode) -> Self {
        let reading = match mode {
            ClockMode::Real => Reading::Real {
                ahead: time::Duration::ZERO,
            },
            ClockMode::Virtual { start } => Reading::Virtual { now: start },
        };
        Self(Arc::new(Inner {
            time: Mutex::new(reading),
            timers: Mutex::default(),
            changed: Notify::new(),
            holds: AtomicUsize::new(0),
            quiet: Notify::new(),
            turning: tokio::sync::Mutex::new(()),
        }))
    }

    pub fn now(&self) -> OffsetDateTime {
        match &*self.0.time.held() {
            Reading::Real { ahead } => machine_time() + *ahead,
            Reading::Virtual { now } => *now,
        }
    }

    /// Calls `due` once, when the clock reaches `at`. `due` must be short and must not block; work
    /// that awaits belongs behind [`Clock::sleep_until`].
    pub fn at(&self, at: OffsetDateTime, due: impl FnOnce() + Send + 'static) {
        {
            let mut timers = self.0.timers.held();
            if timers.stopped {
                return;
            }
            let number = timers.next;
            timers.next += 1;
            timers.heap.push(Timer {
                at,
                number,
                due: Box::new(due),
            });
        }
        self.0.changed.notify_one();
    }

    /// Waits until the clock reaches `at`. A turning clock stands still until the returned hold is
    /// dropped, so keep it for as long as the work of that instant lasts.
    pub async fn sleep_until(&self, at: OffsetDateTime) -> Hold {
        let (wake, woken) = oneshot::channel();
        let clock = Arc::downgrade(&self.0);
        self.at(at, move || {
            if let Some(inner) = Weak::upgrade(&clock) {
                // A sleeper that gave up drops the hold with the message.
                let _ = wake.send(Self(inner).hold());
            }
        });
        match woken.await {
            Ok(hold) => hold,
            // The clock was stopped: nobody sleeps on.
            Err(_) => self.hold(),
        }
    }

    pub async fn sleep(&self, span: Duration) -> Hold {
        self.sleep_until(self.now() + span).await
    }

    /// Keeps a turning clock at its present instant until the hold is dropped.
    pub fn hold(&self) -> Hold {
        self.0.holds.fetch_add(1, Ordering::SeqCst);
        Hold(self.0.clone())
    }

    /// Turns the clock ahead by `span`, firing every timer on the way at its own instant. Returns
    /// when the work of the last instant is done. Whoever calls it must not keep a [`Hold`].
    pub async fn advance(&self, span: Duration) {
        let _turn = self.0.turning.lock().await;
        let target = self.now() + span;
        self.until_quiet().await;
        while let Some(timer) = self.take_due(target) {
            self.turn_to(timer.at);
            (timer.due)();
            self.until_quiet().await;
        }
        self.turn_to(target);
        self.0.changed.notify_one();
    }

    /// The instant of the next timer: whoever turns the clock in steps must not step over it. That of a sleeper who
    /// gave up counts too.
    pub fn next_timer(&self) -> Option<OffsetDateTime> {
        self.0.timers.held().heap.peek().map(|timer| timer.at)
    }

    /// Forgets every timer, now and later, and wakes all sleepers: the simulator ends.
    pub(crate) fn stop(&self) {
        let forgotten = {
            let mut timers = self.0.timers.held();
            timers.stopped = true;
            std::mem::take(&mut timers.heap)
        };
        // Dropped outside the lock: a sleeper's end may want the clock.
        drop(forgotten);
    }

    /// Fires timers as time passes, until `stop`.
    pub(crate) async fn drive(self, stop: CancellationToken) {
        loop {
            {
                let _turn = self.0.turning.lock().await;
                while let Some(timer) = self.take_due(self.now()) {
                    (timer.due)();
                }
            }
            let next = self.next_timer();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.changed.notified() => {}
                () = self.pass(next) => {}
            }
        }
    }

    async fn pass(&self, next: Option<OffsetDateTime>) {
        let real = matches!(&*self.0.time.held(), Reading::Real { .. });
        match next {
            Some(at) if real => {
                let left = Duration::try_from(at - self.now()).unwrap_or_default();
                machine_sleep(left).await;
            }
            Some(_) | None => std::future::pending().await,
        }
    }

    fn take_due(&self, until: OffsetDateTime) -> Option<Timer> {
        let mut timers = self.0.timers.held();
        let due = timers.heap.peek().is_some_and(|timer| timer.at <= until);
        if due { timers.heap.pop() } else { None }
    }

    fn turn_to(&self, at: OffsetDateTime) {
        match &mut *self.0.time.held() {
            Reading::Real { ahead } => *ahead = (*ahead).max(at - machine_time()),
            Reading::Virtual { now } => *now = (*now).max(at),
        }
    }

    async fn until_quiet(&self) {
        loop {
            let quiet = self.0.quiet.notified();
            tokio::pin!(quiet);
            quiet.as_mut().enable();
            if self.0.holds.load(Ordering::SeqCst) == 0 {
                return;
            }
            quiet.await;
        }
    }
}

/// Keeps a turning clock where it is. See [`Clock::hold`].
#[must_use = "the clock moves on as soon as the hold is dropped"]
pub struct Hold(Arc<Inner>);

impl Drop for Hold {
    fn drop(&mut self) {
        if self.0.holds.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.quiet.notify_waiters();
        }
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> Order {
        // The heap gives the greatest first; the earliest timer must be it.
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Order::Equal
    }
}

impl Eq for Timer {}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator's clock is where its real time comes from"
)]
fn machine_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one wait on the machine's timer; everybody waits on this clock"
)]
async fn machine_sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn noon() -> Clock {
        Clock::new(ClockMode::Virtual {
            start: datetime!(2026-11-02 12:00 UTC),
        })
    }

    #[tokio::test]
    async fn timers_fire_in_the_order_of_their_instants_and_see_their_own_time() {
        let clock = noon();
        let seen = Arc::new(Mutex::new(Vec::new()));
        for (name, after) in [("late", 30), ("early", 10), ("early too", 10)] {
            let (seen, reader) = (seen.clone(), clock.clone());
            clock.at(clock.now() + Duration::from_secs(after), move || {
                seen.held().push((name, reader.now()));
            });
        }
        clock.advance(Duration::from_mins(1)).await;
        let early = datetime!(2026-11-02 12:00:10 UTC);
        let expected = [
            ("early", early),
            ("early too", early),
            ("late", datetime!(2026-11-02 12:00:30 UTC)),
        ];
        assert_eq!(*seen.held(), expected);
        assert_eq!(clock.now(), datetime!(2026-11-02 12:01 UTC));
    }

    #[tokio::test]
    async fn a_turning_clock_waits_for_the_work_of_an_instant() {
        let clock = noon();
        let sleeper = clock.clone();
        let asleep = Arc::new(Notify::new());
        let falling_asleep = asleep.clone();
        let work = tokio_util::task::TaskTracker::new().spawn(async move {
            let at = sleeper.now() + Duration::from_secs(5);
            let sleep = sleeper.sleep_until(at);
            tokio::pin!(sleep);
            // Polled once, so that the timer is set before the clock is turned.
            let hold = tokio::select! { biased;
                hold = &mut sleep => hold,
                () = async { falling_asleep.notify_one(); std::future::pending().await } => return sleeper.now(),
            };
            tokio::task::yield_now().await;
            let seen = sleeper.now();
            drop(hold);
            seen
        });
        asleep.notified().await;
        clock.advance(Duration::from_hours(1)).await;
        assert_eq!(work.await.ok(), Some(datetime!(2026-11-02 12:00:05 UTC)));
    }

    #[tokio::test]
    async fn a_real_clock_can_be_turned_ahead() {
        let clock = Clock::new(ClockMode::Real);
        let before = clock.now();
        clock.advance(Duration::from_hours(24)).await;
        assert!(clock.now() >= before + Duration::from_hours(24));
    }
}
