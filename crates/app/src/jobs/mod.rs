//! What goes on without anybody asking. Each job has a step that tests call, and a loop over it.

pub mod check_units;
pub mod decide_late;
pub mod follow_orders;
pub mod forget;
pub mod forget_bodies;
pub mod move_units;
pub mod push_receipts;
pub mod record_calls;
pub mod resolve;
pub mod retire_keys;
pub mod tell_unknown;
pub mod watch_connections;

use std::future::Future;

use futures_util::stream::{self, StreamExt};
use time::{Duration, OffsetDateTime};

use crate::{App, Error};

/// How much of one round is under way at the same time.
const AT_ONCE: usize = 8;

/// How often a job looks for work that somebody waits for.
const WORK: Duration = Duration::SECOND;
/// How often counts are written down and numbers are told.
const COUNTS: Duration = Duration::seconds(10);
/// How often what is too old is forgotten.
const UPKEEP: Duration = Duration::DAY;

impl App {
    /// Runs every job until shutdown; a failed round is logged and the next one tries again.
    pub fn start_jobs(&self) {
        let app = self.clone();
        self.track(async move { every(WORK, &app, "resolve", resolve::run_once).await });
        let app = self.clone();
        self.track(async move { every(WORK, &app, "decide late", decide_late::run_once).await });
        let app = self.clone();
        self.track(async move { every(WORK, &app, "push receipts", push_receipts::run_once).await });
        let app = self.clone();
        self.track(async move { every(WORK, &app, "move units", move_units::run_once).await });
        let app = self.clone();
        self.track(async move { every(WORK, &app, "watch connections", watch_connections::run_once).await });
        let app = self.clone();
        self.track(async move { every(WORK, &app, "follow orders", follow_orders::run_once).await });
        let app = self.clone();
        self.track(async move { every(COUNTS, &app, "record calls", record_calls::run_once).await });
        let app = self.clone();
        self.track(async move { every(COUNTS, &app, "check units", check_units::run_once).await });
        let app = self.clone();
        self.track(async move { every(COUNTS, &app, "retire keys", retire_keys::run_once).await });
        let app = self.clone();
        self.track(async move { every(COUNTS, &app, "tell unknown", tell_unknown::run_once).await });
        let app = self.clone();
        self.track(async move { every(UPKEEP, &app, "forget calls", record_calls::forget).await });
        let app = self.clone();
        self.track(async move { every(UPKEEP, &app, "forget", forget::run_once).await });
        let app = self.clone();
        self.track(async move { every(UPKEEP, &app, "forget bodies", forget_bodies::run_once).await });
    }

    /// Writes down what only memory holds. Called once, when all other work has ended.
    pub async fn flush(&self) {
        if let Err(error) = record_calls::run_once(self, self.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the last counts of calls could not be written down"
            );
        }
    }
}

/// What is due, one after another. Nothing more is taken up once the process is to end.
fn while_it_runs<T>(app: &App, due: Vec<T>) -> impl Iterator<Item = T> {
    due.into_iter().take_while(|_| !app.shutdown().is_cancelled())
}

/// Works on everything that is due, several at the same time, so that what is slow holds up no other for long.
/// Returns how often `work` said that it did something; what fails is its own to log.
async fn each<T, F>(app: &App, due: Vec<T>, work: impl Fn(T) -> F) -> usize
where
    F: Future<Output = bool>,
{
    stream::iter(while_it_runs(app, due))
        .map(work)
        .buffer_unordered(AT_ONCE)
        .filter(|is_done| std::future::ready(*is_done))
        .count()
        .await
}

async fn every<'a, F>(
    pause: Duration,
    app: &'a App,
    job: &'static str,
    round: impl Fn(&'a App, OffsetDateTime) -> F,
) where
    F: Future<Output = Result<usize, Error>>,
{
    while !app.shutdown().is_cancelled() {
        if let Err(error) = round(app, app.now()).await {
            tracing::error!(
                job,
                error = &error as &dyn std::error::Error,
                "a round of a job failed"
            );
        }
        let next = app.now() + pause;
        tokio::select! {
            biased;
            () = app.shutdown().cancelled() => {}
            () = app.clock().sleep_until(next) => {}
        }
    }
}
