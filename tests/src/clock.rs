//! A clock that moves only when it is told to, and knows who waits for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use domain::Clock;
use domain::clock::Sleep;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;
use uuid::Uuid;

/// Cheap to clone; all clones are one clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// Rises whenever the time or the set of sleepers changes.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    now: OffsetDateTime,
    ids: u64,
    sleepers: BTreeSet<(OffsetDateTime, u64)>,
}

impl ManualClock {
    pub fn new(start: OffsetDateTime) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State {
                now: start,
                ids: 0,
                sleepers: BTreeSet::new(),
            }),
            changes: watch::Sender::new(0),
        }))
    }

    pub fn advance(&self, by: Duration) {
        self.0.state.lock().unwrap().now += by;
        self.0.changes.send_modify(|number| *number += 1);
    }

    /// Ids are counted on from `number`, so that what depends on them is the same in every run.
    pub fn count_ids_from(&self, number: u64) {
        let mut state = self.0.state.lock().unwrap();
        state.ids = state.ids.max(number);
    }

    /// When the next sleeper wants to wake; those whose time has come do so without help.
    pub fn next_wake(&self) -> Option<OffsetDateTime> {
        let state = self.0.state.lock().unwrap();
        let mut later = state.sleepers.range((state.now, u64::MAX)..);
        later.next().map(|(at, _)| *at)
    }

    /// Told of every change of the time and of the sleepers.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        self.0.state.lock().unwrap().now
    }

    fn sleep_until(&self, at: OffsetDateTime) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            let mut changes = clock.changes();
            if clock.now() >= at {
                return;
            }
            let _sleeper = Sleeper::new(&clock, at);
            while clock.now() < at {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        })
    }

    /// In the order they were asked for, as version 7 would be.
    fn new_id(&self) -> Uuid {
        let mut state = self.0.state.lock().unwrap();
        state.ids += 1;
        Uuid::from_u64_pair(
            0x0190_0000_0000_7000 + (state.ids >> 16 << 16),
            0x8000_0000_0000_0000 | state.ids,
        )
    }
}

struct Sleeper {
    clock: ManualClock,
    entry: (OffsetDateTime, u64),
}

impl Sleeper {
    fn new(clock: &ManualClock, at: OffsetDateTime) -> Self {
        let entry = {
            let mut state = clock.0.state.lock().unwrap();
            state.ids += 1;
            let entry = (at, state.ids);
            state.sleepers.insert(entry);
            entry
        };
        clock.0.changes.send_modify(|number| *number += 1);
        Self {
            clock: clock.clone(),
            entry,
        }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.0.state.lock().unwrap().sleepers.remove(&self.entry);
        self.clock.0.changes.send_modify(|number| *number += 1);
    }
}
