//! Vipps' limits by reference, kept before Vipps has to.

use time::{Duration, OffsetDateTime};

use crate::clock::TOLERANCE;

/// How many sends are allowed in *any* window of this length: not a bucket that refills, which would let
/// nearly twice as many through across its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub most: usize,
    pub window: Duration,
}

/// Create, capture, refund and cancel: each 5 a minute by (serial number, reference)
/// (ePayment API, rate limits, 2026).
pub const WRITES: Budget = Budget {
    most: 5,
    window: Duration::seconds(60),
};

/// Get payment and get events: each 120 a minute by (subscription key, reference)
/// (ePayment API, rate limits, 2026).
pub const READS: Budget = Budget {
    most: 120,
    window: Duration::seconds(60),
};

impl Budget {
    /// The same budget with `kept` sends kept back for somebody else.
    #[must_use]
    pub const fn keeping_back(self, kept: usize) -> Self {
        Self {
            most: self.most.saturating_sub(kept),
            window: self.window,
        }
    }

    /// May one more leave at `now`, given when the earlier ones left? If not: the moment at which it may.
    ///
    /// # Errors
    /// The moment from which one more is allowed.
    pub fn admit(self, sent_at: &[OffsetDateTime], now: OffsetDateTime) -> Result<(), OffsetDateTime> {
        let mut recent: Vec<_> = sent_at
            .iter()
            .copied()
            .filter(|at| *at + self.window > now)
            // Before the clock was set back.
            .filter(|at| *at <= now + TOLERANCE)
            .collect();
        if recent.len() < self.most {
            return Ok(());
        }
        recent.sort_unstable();
        // One more is allowed once all but `most - 1` of them have left the window; never, where none is.
        let blocking = recent.len().checked_sub(self.most.max(1));
        let blocking = blocking.and_then(|at| recent.get(at)).copied();
        Err(blocking.unwrap_or(now) + self.window)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn never_more_than_five_leave_in_any_sixty_seconds() {
        let start = datetime!(2026-01-01 00:00 UTC);
        let mut sent: Vec<OffsetDateTime> = Vec::new();
        for second in 0..600 {
            let now = start + Duration::seconds(second);
            if WRITES.admit(&sent, now).is_ok() {
                sent.push(now);
            }
        }
        for from in &sent {
            let within = sent
                .iter()
                .filter(|at| **at >= *from && **at < *from + WRITES.window)
                .count();
            assert!(within <= 5, "{within} from {from}");
        }
        assert_eq!(sent.len(), 50);
    }

    #[test]
    fn what_left_before_the_clock_was_set_back_counts_no_longer_than_its_window() {
        let start = datetime!(2026-01-01 00:00 UTC);
        let sent: Vec<_> = (0..5).map(|second| start + Duration::seconds(second)).collect();
        let set_back = start - Duration::hours(1);
        assert!(WRITES.admit(&sent, set_back).is_ok());
        // A clock of another process may be a little ahead of ours.
        assert!(WRITES.admit(&sent, start - Duration::minutes(2)).is_err());
    }

    #[test]
    fn a_budget_of_which_all_is_kept_back_admits_nothing() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let none = Budget { most: 1, ..WRITES }.keeping_back(1);
        assert_eq!(none.admit(&[], now), Err(now + Duration::seconds(60)));
        assert!(none.admit(&[now], now).is_err());
    }

    #[test]
    fn a_refusal_names_the_first_moment_that_would_be_allowed() {
        let start = datetime!(2026-01-01 00:00 UTC);
        let sent: Vec<_> = (0..5).map(|second| start + Duration::seconds(second)).collect();
        let now = start + Duration::seconds(30);
        let Err(at) = WRITES.admit(&sent, now) else {
            panic!("five have left")
        };
        assert_eq!(at, start + Duration::seconds(60));
        assert!(WRITES.admit(&sent, at).is_ok());
        assert!(WRITES.admit(&sent, at - Duration::nanoseconds(1)).is_err());
    }
}
