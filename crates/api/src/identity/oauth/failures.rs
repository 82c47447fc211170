//! How often a client failed to prove itself.
//!
//! Nobody waits and nobody is locked out: a failure beyond the limit is answered 429, and the right secret
//! still opens, so that a stranger who knows a client's id cannot shut the client out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use domain::ClientId;
use time::{Duration, OffsetDateTime};

use super::answer::Fault;

/// So many failures in any [`WINDOW`] are answered 401.
const MOST: usize = 10;
const WINDOW: Duration = Duration::seconds(60);

/// The failures of the last minute. Only clients that exist are counted, so the table stays small.
#[derive(Debug, Default)]
pub(super) struct Failures {
    by_client: Mutex<HashMap<ClientId, VecDeque<OffsetDateTime>>>,
}

impl Failures {
    /// Counts one failure and says how it is answered.
    pub(super) fn count(&self, client: ClientId, now: OffsetDateTime, basic: bool) -> Fault {
        let mut by_client = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let times = by_client.entry(client).or_default();
        while times.front().is_some_and(|at| now - *at >= WINDOW) {
            times.pop_front();
        }
        if times.len() < MOST {
            times.push_back(now);
            return Fault::InvalidClient { basic };
        }
        let oldest = times.front().copied().unwrap_or(now);
        Fault::TooManyFailures {
            retry_after: (oldest + WINDOW - now).whole_seconds().max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_eleventh_failure_in_a_minute_is_told_to_wait_and_another_client_is_not() {
        let failures = Failures::default();
        let client = ClientId::from_uuid(Uuid::from_u128(1));
        let now = datetime!(2026-04-01 12:00 UTC);
        for second in 0..10 {
            let at = now + Duration::seconds(second);
            assert_eq!(
                failures.count(client, at, false),
                Fault::InvalidClient { basic: false }
            );
        }
        let late = now + Duration::seconds(20);
        assert_eq!(
            failures.count(client, late, true),
            Fault::TooManyFailures { retry_after: 40 }
        );
        let other = ClientId::from_uuid(Uuid::from_u128(2));
        assert_eq!(
            failures.count(other, late, true),
            Fault::InvalidClient { basic: true }
        );
        let later = now + Duration::seconds(60);
        assert_eq!(
            failures.count(client, later, true),
            Fault::InvalidClient { basic: true }
        );
    }
}
