//! The rate limits by reference: so many calls in any 60 seconds, sliding.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use crate::lock::Held as _;

/// Create, capture, cancel, refund: per operation, MSN and reference.
pub(crate) const WRITES: u32 = 5;
/// Get, events: per operation, subscription key and reference.
pub(crate) const READS: u32 = 120;

const WINDOW: i64 = 60_000;
const SHARDS: usize = 16;

/// Counts the calls of the last minute. What is older is forgotten as time goes on, so memory
/// follows the traffic of a minute, not the number of payments.
pub(crate) struct Budgets {
    shards: Vec<Mutex<Window>>,
}

#[derive(Default)]
struct Window {
    admitted: VecDeque<(i64, u64)>,
    counts: HashMap<u64, u32>,
}

/// Whose budget a call uses.
#[derive(Clone, Copy, Hash)]
pub(crate) struct Bucket<'a> {
    pub(crate) operation: &'static str,
    /// The MSN for writes, the subscription key for reads.
    pub(crate) owner: &'a str,
    /// Empty when the reference is missing or misspelt: all such calls share one bucket.
    pub(crate) reference: &'a str,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Budgets {
    /// Admits a call, or gives the milliseconds until one would be admitted.
    pub(crate) fn admit(
        &self,
        bucket: Bucket<'_>,
        most: u32,
        now: i64,
        refused_count: bool,
    ) -> Result<(), i64> {
        let mut hasher = DefaultHasher::new();
        bucket.hash(&mut hasher);
        let hash = hasher.finish();
        let index = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        self.shards[index].held().admit(hash, most, now, refused_count)
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            *shard.held() = Window::default();
        }
    }
}

impl Window {
    fn admit(&mut self, hash: u64, most: u32, now: i64, refused_count: bool) -> Result<(), i64> {
        self.forget(now - WINDOW);
        let count = self.counts.entry(hash).or_default();
        let admitted = *count < most;
        if admitted || refused_count {
            *count += 1;
            self.admitted.push_back((now, hash));
        }
        if admitted {
            return Ok(());
        }
        let oldest = self
            .admitted
            .iter()
            .find(|(_, it)| *it == hash)
            .map_or(now, |(at, _)| *at);
        Err((oldest + WINDOW - now).max(0))
    }

    fn forget(&mut self, until: i64) {
        while let Some((_, hash)) = self.admitted.pop_front_if(|(at, _)| *at <= until) {
            if let Some(count) = self.counts.get_mut(&hash) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&hash);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Bucket<'static> = Bucket {
        operation: "epayment.capture",
        owner: "100001",
        reference: "order-0001",
    };

    #[test]
    fn the_sixth_call_in_any_sixty_seconds_is_refused_and_admitted_when_the_first_is_sixty_seconds_old() {
        let budgets = Budgets::default();
        for at in [0, 50_000, 51_000, 52_000, 53_000] {
            assert_eq!(budgets.admit(BUCKET, WRITES, at, false), Ok(()));
        }
        assert_eq!(budgets.admit(BUCKET, WRITES, 59_999, false), Err(1));
        assert_eq!(budgets.admit(BUCKET, WRITES, 60_000, false), Ok(()));
        assert_eq!(budgets.admit(BUCKET, WRITES, 60_000, false), Err(50_000));
    }

    #[test]
    fn another_reference_or_operation_has_its_own_budget() {
        let budgets = Budgets::default();
        assert_eq!(budgets.admit(BUCKET, 1, 0, false), Ok(()));
        assert_eq!(
            budgets.admit(
                Bucket {
                    reference: "order-0002",
                    ..BUCKET
                },
                1,
                0,
                false
            ),
            Ok(())
        );
        assert_eq!(
            budgets.admit(
                Bucket {
                    operation: "epayment.refund",
                    ..BUCKET
                },
                1,
                0,
                false
            ),
            Ok(())
        );
        assert!(budgets.admit(BUCKET, 1, 0, false).is_err());
    }

    #[test]
    fn refused_calls_use_the_budget_up_only_where_the_dial_says_so() {
        for (counting, at_sixty) in [(false, Ok(())), (true, Err(59_000))] {
            let budgets = Budgets::default();
            assert_eq!(budgets.admit(BUCKET, 1, 0, counting), Ok(()));
            assert!(budgets.admit(BUCKET, 1, 59_000, counting).is_err());
            assert_eq!(budgets.admit(BUCKET, 1, 60_000, counting), at_sixty);
        }
    }
}
