//! The one value that every use case takes.

use std::sync::Arc;

use domain::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Settings;

/// What an [`App`] is built from, by the server and by tests alike.
#[derive(Debug)]
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
    /// Every task is spawned here; shutdown waits for them.
    pub tasks: TaskTracker,
    /// Cancelled when the process is to end: loops stop, work under way is finished.
    pub shutdown: CancellationToken,
}

/// The gateway without its faces. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.shutdown
    }
}
