//! The faces' last word before an intent is stored.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use time::Duration;

use crate::{Error, Limit};

/// Spends one of the sales unit's requests, once everything else about a request is right: a replay, a
/// reused key and a refusal cost nothing.
#[derive(Clone)]
pub struct Allowance {
    ask: Arc<dyn Fn() -> Result<(), Duration> + Send + Sync>,
    is_given: Arc<AtomicBool>,
}

impl Allowance {
    /// `ask` spends, or says how long to wait. It is asked until it says yes, and never again.
    pub fn new(ask: impl Fn() -> Result<(), Duration> + Send + Sync + 'static) -> Self {
        Self {
            ask: Arc::new(ask),
            is_given: Arc::new(AtomicBool::new(false)),
        }
    }

    /// For work that no limit of the faces governs.
    pub fn free() -> Self {
        Self::new(|| Ok(()))
    }

    /// # Errors
    /// [`Error::Limited`] with the time to wait.
    pub fn demand(&self) -> Result<(), Error> {
        if self.is_given.load(Ordering::Acquire) {
            return Ok(());
        }
        (self.ask)().map_err(|retry_after| Error::Limited {
            which: Limit::SalesUnit,
            retry_after,
        })?;
        self.is_given.store(true, Ordering::Release);
        Ok(())
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allowance")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn an_allowance_is_spent_once_however_often_a_stale_attempt_repeats() {
        let spent = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&spent);
        let allowance = Allowance::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        assert!(allowance.demand().is_ok());
        assert!(allowance.clone().demand().is_ok());
        assert_eq!(spent.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_no_says_how_long_to_wait() {
        let allowance = Allowance::new(|| Err(Duration::seconds(3)));
        assert!(matches!(
            allowance.demand(),
            Err(Error::Limited { which: Limit::SalesUnit, retry_after }) if retry_after == Duration::seconds(3)
        ));
    }
}
