//! The ledger of calls, in memory until somebody writes it down.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ApiCall;
use time::OffsetDateTime;

/// More kinds of calls than a gateway makes between two takings; beyond it calls are only counted as lost.
const MOST_KINDS: usize = 20_000;

/// How often, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub calls: u64,
    pub last: OffsetDateTime,
}

/// What was counted since the last taking.
#[derive(Debug, Default)]
pub struct Taken {
    pub counts: Vec<(ApiCall, Count)>,
    /// Calls of which nothing else is known, because there was no room.
    pub lost: u64,
}

/// Counts calls by kind. To count is to hold a lock for a look-up: it never waits for anything else, never
/// fails, and its memory has a bound.
#[derive(Default)]
pub struct Tally(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    counts: HashMap<ApiCall, Count>,
    lost: u64,
}

impl Tally {
    pub(super) fn count(&self, call: ApiCall, at: OffsetDateTime) {
        self.lock().add(call, Count { calls: 1, last: at });
    }

    /// Takes what was counted. Whoever cannot write it down gives it back with [`Tally::give_back`].
    pub fn take(&self) -> Taken {
        let kept = std::mem::take(&mut *self.lock());
        Taken {
            counts: kept.counts.into_iter().collect(),
            lost: kept.lost,
        }
    }

    /// Adds what could not be written down to what has been counted since.
    pub fn give_back(&self, counts: impl IntoIterator<Item = (ApiCall, Count)>) {
        let mut kept = self.lock();
        for (call, count) in counts {
            kept.add(call, count);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it is held; if something did, counts are still counts.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, call: ApiCall, more: Count) {
        if let Some(count) = self.counts.get_mut(&call) {
            count.calls = count.calls.saturating_add(more.calls);
            count.last = count.last.max(more.last);
        } else if self.counts.len() < MOST_KINDS {
            self.counts.insert(call, more);
        } else {
            self.lost = self.lost.saturating_add(more.calls);
        }
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally")
            .field("kinds", &self.lock().counts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Blame, Environment, PartnerId};
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    fn call(status: u16) -> ApiCall {
        ApiCall {
            partner: PartnerId::from_uuid(uuid::Uuid::from_u128(1)),
            environment: Environment::Test,
            day: NOON.date(),
            msn: None,
            api: "epayment".into(),
            endpoint: "get".into(),
            blame: Blame::Nobody,
            status: Some(status),
            code: None,
        }
    }

    #[test]
    fn what_is_taken_is_gone_and_what_is_given_back_adds_up() {
        let tally = Tally::default();
        tally.count(call(200), NOON);
        tally.count(call(200), NOON + time::Duration::SECOND);
        let taken = tally.take();
        assert!(tally.take().counts.is_empty());
        tally.count(call(200), NOON);
        tally.give_back(taken.counts);
        let [(_, count)] = tally.take().counts.try_into().unwrap();
        assert_eq!((count.calls, count.last), (3, NOON + time::Duration::SECOND));
    }

    #[test]
    fn beyond_its_bound_it_counts_only_what_it_has_no_room_for() {
        let tally = Tally::default();
        let kinds = u16::try_from(MOST_KINDS).unwrap();
        for status in 0..kinds + 3 {
            tally.count(call(status), NOON);
        }
        tally.count(call(0), NOON);
        let taken = tally.take();
        assert_eq!((taken.counts.len(), taken.lost), (MOST_KINDS, 3));
    }
}
