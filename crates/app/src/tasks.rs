//! The one place that starts a task.

use std::future::Future;

use tracing::Instrument;

use crate::App;

impl App {
    /// Runs `work` to its end, whoever waits for it or stops waiting. Shutdown waits for it too.
    pub(crate) fn track<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks().spawn(work.in_current_span());
    }
}
