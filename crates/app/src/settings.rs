//! What an operator may turn.

use time::Duration;

/// Times and sizes of the use cases and jobs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our own `iss`: the public base URL without a trailing slash. No partner's issuer may use it.
    pub issuer: String,
    /// Who signs the operators' tokens; absent = nobody does, and the operators' API is closed.
    pub operators: Option<crate::identity::OperatorIssuer>,
    /// How long after its first send an operation may be sent again (`vipps.replay_horizon`). Vipps does
    /// not say how long it remembers a key, so this stays far below any plausible value.
    pub replay_horizon: Duration,
    /// When a call to Vipps is given up, its token calls included; its outcome is then unknown.
    pub call_limit: Duration,
    /// How long one owner keeps a payment. Must exceed `call_limit`: nothing leaves that could still be
    /// under way when the lease ends.
    pub lease: Duration,
    /// Writes to Vipps by (serial number, reference, operation) in any window.
    pub writes: domain::budget::Budget,
    /// Reads from Vipps by (subscription key, reference) in any window.
    pub reads: domain::budget::Budget,
    /// How many at once, and when Vipps is left alone.
    pub admission: crate::admission::Settings,
    /// How long what is done is remembered.
    pub retention: Retention,
    /// How long what the holder of a moving sales unit began may be settled before it is frozen.
    pub transfer_drain: Duration,
    /// How much one round of a job takes: operations that are open, receipts, payments that were found late.
    pub batch: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "http://127.0.0.1:8080".to_owned(),
            operators: None,
            replay_horizon: Duration::hours(1),
            call_limit: Duration::seconds(30),
            lease: Duration::seconds(45),
            writes: domain::budget::WRITES,
            reads: domain::budget::READS,
            admission: crate::admission::Settings::default(),
            retention: Retention::default(),
            transfer_drain: Duration::hours(1),
            batch: 64,
        }
    }
}

impl Settings {
    /// For how long after its first send the same may leave again. The whole call has to be over within the horizon:
    /// what has to wait for a token leaves later than it was sent.
    pub fn repeatable_for(&self) -> Duration {
        self.replay_horizon - self.call_limit
    }
}

/// How long what is done is remembered. What belongs to an open operation is kept whatever its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    keys: Duration,
    attempts: Duration,
}

impl Retention {
    /// Callers are promised that a key is kept at least this long: a refund may come a year after the
    /// capture.
    pub const LEAST_KEYS: Duration = Duration::days(400);
    /// Far longer than any window of a budget, so that no limit is kept by half of its sends.
    pub const LEAST_ATTEMPTS: Duration = Duration::days(1);

    /// Shorter spans than the least ones are lengthened to them.
    #[must_use]
    pub fn new(keys: Duration, attempts: Duration) -> Self {
        Self {
            keys: keys.max(Self::LEAST_KEYS),
            attempts: attempts.max(Self::LEAST_ATTEMPTS),
        }
    }

    /// Callers' idempotency keys, from the moment at which they were bound.
    pub(crate) const fn keys(self) -> Duration {
        self.keys
    }

    /// When operations were sent and how each send ended.
    pub(crate) const fn attempts(self) -> Duration {
        self.attempts
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::new(Self::LEAST_KEYS, Duration::days(90))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_kept_shorter_than_callers_are_promised() {
        let short = Retention::new(Duration::days(30), Duration::ZERO);
        assert_eq!(short.keys(), Duration::days(400));
        assert_eq!(short.attempts(), Duration::DAY);
        let long = Retention::new(Duration::days(800), Duration::days(400));
        assert_eq!(
            (long.keys(), long.attempts()),
            (Duration::days(800), Duration::days(400))
        );
    }
}
