//! What an operator may turn.

use time::Duration;

/// Times and sizes of the use cases and jobs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our own `iss`: the public base URL without a trailing slash. No partner's issuer may use it.
    pub issuer: String,
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
    /// How many operations a resolver round takes, and how many receipts a receipt round.
    pub batch: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "http://127.0.0.1:8080".to_owned(),
            replay_horizon: Duration::hours(1),
            call_limit: Duration::seconds(30),
            lease: Duration::seconds(45),
            writes: domain::budget::WRITES,
            reads: domain::budget::READS,
            admission: crate::admission::Settings::default(),
            batch: 64,
        }
    }
}
