//! What this process has read of the registry, and how it learns that it has changed.
//!
//! Everything cached is keyed by (id, version of the registry). The version is one row, raised in each
//! change's own transaction and read each second, so a change acts at once where it was made and within
//! two seconds elsewhere; nothing is ever invalidated, it is merely not asked for again.

use std::sync::Mutex;

use domain::{AssignmentId, Environment, Msn, PartnerId, ProfileId};
use moka::future::Cache;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

use super::Unit;
use crate::{App, Error};

/// How often the version is read.
const EVERY: Duration = Duration::seconds(1);
/// A version read this long ago is read again by whoever needs it: virtual time jumps, processes are paused.
const FRESH: Duration = Duration::seconds(2);
/// A process that could not read the version for this long knows nothing any more.
const BLIND: Duration = Duration::seconds(10);
/// Enough for 10,000 sales units under two versions.
const MOST_UNITS: u64 = 20_000;

/// Which unit: by serial number for requests, by assignment for what was begun under it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct UnitKey {
    pub(super) partner: PartnerId,
    pub(super) environment: Environment,
    pub(super) which: Which,
    pub(super) profile: Option<ProfileId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Which {
    Live(Msn),
    Held(Msn),
    Left(Msn),
    Assigned(AssignmentId),
}

/// The view of one process.
#[derive(Debug)]
pub(crate) struct View {
    seen: Mutex<Seen>,
    /// Held by the one who reads the version.
    reading: tokio::sync::Mutex<()>,
    pub(super) units: Cache<(UnitKey, i64), Arc<Unit>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    version: i64,
    /// When the version was read last, and when that was tried last.
    read_at: Option<OffsetDateTime>,
    tried_at: Option<OffsetDateTime>,
}

impl View {
    pub(crate) fn new() -> Self {
        Self {
            seen: Mutex::new(Seen {
                version: 0,
                read_at: None,
                tried_at: None,
            }),
            reading: tokio::sync::Mutex::new(()),
            units: Cache::new(MOST_UNITS),
        }
    }

    fn seen(&self) -> Seen {
        *self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// `began` is when the reading began, which is how fresh its result is; `ended` is when it was over, so that
    /// those who waited for a database that hangs do not wait for it again one after the other.
    fn note(&self, began: OffsetDateTime, ended: OffsetDateTime, read: Option<i64>) {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.tried_at = Some(ended);
        if let Some(version) = read {
            // Two readers may finish in the other order; the version only rises.
            seen.version = seen.version.max(version);
            seen.read_at = Some(began);
        }
    }
}

impl App {
    /// The registry's version, at most two seconds old while the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it could not be read for ten seconds.
    pub async fn registry_version(&self) -> Result<i64, Error> {
        // By the time of each look: the one before may have waited for a database that hangs.
        let is_within = |at: Option<OffsetDateTime>, limit: Duration| {
            at.is_some_and(|at| self.clock().now() - at <= limit)
        };
        let seen = self.view().seen();
        if is_within(seen.read_at, FRESH) {
            return Ok(seen.version);
        }
        if !is_within(seen.tried_at, EVERY) {
            let _one = self.view().reading.lock().await;
            // Whoever waited finds what the one before found, also when that was a failure.
            if !is_within(self.view().seen().tried_at, EVERY) {
                self.read_registry_version().await;
            }
        }
        let seen = self.view().seen();
        if is_within(seen.read_at, BLIND) {
            return Ok(seen.version);
        }
        Err(Error::Unavailable)
    }

    /// Reads the version now: after a change made here, and each second.
    pub(crate) async fn read_registry_version(&self) {
        let began = self.clock().now();
        let reader = self.store().read_system("registry version");
        match reader.system().registry_version().await {
            Ok(version) => self.view().note(began, self.clock().now(), Some(version)),
            Err(error) => {
                self.view().note(began, self.clock().now(), None);
                let _logged = Error::from(error);
            }
        }
    }
}

/// Reads the version each second until shutdown.
pub fn watch(app: &App) {
    let watching = app.clone();
    app.tasks().spawn(async move {
        loop {
            watching.read_registry_version().await;
            let wake = watching.clock().now() + EVERY;
            tokio::select! {
                () = watching.clock().sleep_until(wake) => {}
                () = watching.shutdown().cancelled() => return,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn who_waited_for_a_database_that_hangs_does_not_wait_again() {
        let view = View::new();
        let began = datetime!(2026-11-25 12:00 UTC);
        let ended = began + Duration::seconds(3);
        view.note(began, ended, None);
        let seen = view.seen();
        assert_eq!((seen.tried_at, seen.read_at), (Some(ended), None));
        view.note(ended, ended + Duration::seconds(2), Some(7));
        let seen = view.seen();
        assert_eq!((seen.version, seen.read_at), (7, Some(ended)));
    }
}
