//! What goes on without anybody asking. Each job has a step that tests call, and a loop over it.

pub mod push_receipts;
pub mod resolve;
pub mod watch_connections;

use std::future::Future;

use time::{Duration, OffsetDateTime};

use crate::{App, Error};

/// How often a job looks for work.
const PAUSE: Duration = Duration::SECOND;

impl App {
    /// Runs the jobs until shutdown; a failed round is logged and the next one tries again.
    pub fn start_jobs(&self) {
        let app = self.clone();
        self.track(async move { every_second(&app, "resolve", resolve::run_once).await });
        let app = self.clone();
        self.track(async move { every_second(&app, "push receipts", push_receipts::run_once).await });
        let app = self.clone();
        self.track(async move { every_second(&app, "watch connections", watch_connections::run_once).await });
    }
}

async fn every_second<'a, F>(app: &'a App, job: &'static str, round: impl Fn(&'a App, OffsetDateTime) -> F)
where
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
        let next = app.now() + PAUSE;
        tokio::select! {
            biased;
            () = app.shutdown().cancelled() => {}
            () = app.clock().sleep_until(next) => {}
        }
    }
}
