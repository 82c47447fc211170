//! When a delivery that failed is tried again (Webhooks API guide, retries, 2026).
//!
//! Attempts 1 to 4 come 2 s apart, then one after 60 s and one after 120 s, then hourly to attempt
//! 29, then daily, for seven days in all. A wait runs from the end of the failed attempt; the seven
//! days run from the beginning of the first. Vipps says "about" and gives no jitter: there is none.

use time::{Duration, OffsetDateTime};

/// How long one delivery is tried.
pub(crate) const GIVES_UP_AFTER: Duration = Duration::days(7);
/// How long an endpoint has to answer one attempt.
pub(crate) const ANSWER_WITHIN_MILLIS: u64 = 10_000;
/// How long an endpoint may go without a good answer before its registration is removed
/// (technical update, March 2026).
pub(crate) const SILENCE_ALLOWED: Duration = Duration::days(14);

/// A delivery's attempts so far; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) made: u32,
    pub(crate) first_began: OffsetDateTime,
    pub(crate) last_ended: OffsetDateTime,
}

/// When the next attempt begins, or `None` when the delivery is given up.
pub(crate) fn next(attempts: Attempts) -> Option<OffsetDateTime> {
    let at = attempts.last_ended + wait_before(attempts.made + 1);
    (at <= attempts.first_began + GIVES_UP_AFTER).then_some(at)
}

fn wait_before(attempt: u32) -> Duration {
    match attempt {
        0..=1 => Duration::ZERO,
        2..=4 => Duration::seconds(2),
        5 => Duration::seconds(60),
        6 => Duration::seconds(120),
        7..=29 => Duration::hours(1),
        30.. => Duration::days(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOON: OffsetDateTime = datetime!(2026-11-02 12:00 UTC);

    /// The instants of all attempts, as offsets from the first, when each takes `each`.
    fn attempts(each: Duration) -> Vec<Duration> {
        let mut began = vec![NOON];
        loop {
            let last_began = began[began.len() - 1];
            let made = u32::try_from(began.len()).expect("few");
            match next(Attempts {
                made,
                first_began: NOON,
                last_ended: last_began + each,
            }) {
                Some(at) => began.push(at),
                None => return began.into_iter().map(|at| at - NOON).collect(),
            }
        }
    }

    #[test]
    fn the_first_four_attempts_are_two_seconds_apart_then_a_minute_then_two() {
        let seconds: Vec<_> = attempts(Duration::ZERO)
            .iter()
            .take(6)
            .map(|it| it.whole_seconds())
            .collect();
        assert_eq!(seconds, [0, 2, 4, 6, 66, 186]);
    }

    #[test]
    fn attempts_seven_to_twenty_nine_are_hourly_and_the_rest_daily() {
        let waits: Vec<_> = attempts(Duration::ZERO)
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        // waits[n] lies before attempt n + 2.
        assert!(
            waits[5..28].iter().all(|wait| *wait == Duration::HOUR),
            "{waits:?}"
        );
        assert!(waits[28..].iter().all(|wait| *wait == Duration::DAY), "{waits:?}");
    }

    #[test]
    fn a_delivery_is_given_up_after_seven_days() {
        let attempts = attempts(Duration::ZERO);
        assert_eq!(attempts.len(), 35);
        assert!(attempts[34] <= GIVES_UP_AFTER && attempts[34] + Duration::DAY > GIVES_UP_AFTER);
    }

    #[test]
    fn a_wait_runs_from_the_end_of_a_slow_attempt() {
        let seconds: Vec<_> = attempts(Duration::seconds(10))
            .iter()
            .take(3)
            .map(|it| it.whole_seconds())
            .collect();
        assert_eq!(seconds, [0, 12, 24]);
    }
}
