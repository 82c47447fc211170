//! The one value that every use case takes.

use std::sync::Arc;

use domain::Clock;
use outbound::{Jwks, Vipps};
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::Settings;
use crate::admission::Admission;
use crate::identity::Identities;
use crate::money::Turns;
use crate::reads::Reads;
use crate::registry::View;

/// What an [`App`] is built from, by the server and by tests alike.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub vipps: Vipps,
    /// The guarded way to partners' key sets.
    pub jwks: Jwks,
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
    /// Every task is spawned here; shutdown waits for them.
    pub tasks: TaskTracker,
    /// Cancelled when the process is to end: loops stop, work under way is finished.
    pub shutdown: CancellationToken,
}

/// The gateway without its faces. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    view: View,
    identities: Identities,
    /// Names this process as the owner of what it works on.
    process: Uuid,
    turns: Turns,
    admission: Admission,
    reads: Reads,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        let process = parts.clock.new_id();
        let admission = Admission::new(&parts.settings.admission);
        Self(Arc::new(Inner {
            parts,
            view: View::new(),
            identities: Identities::new(),
            process,
            turns: Turns::default(),
            admission,
            reads: Reads::default(),
        }))
    }

    pub fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub fn vipps(&self) -> &Vipps {
        &self.0.parts.vipps
    }

    pub(crate) fn jwks(&self) -> &Jwks {
        &self.0.parts.jwks
    }

    /// What this process has read of the registry.
    pub(crate) fn view(&self) -> &View {
        &self.0.view
    }

    pub(crate) fn identities(&self) -> &Identities {
        &self.0.identities
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.parts.clock
    }

    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    pub fn tasks(&self) -> &TaskTracker {
        &self.0.parts.tasks
    }

    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.parts.shutdown
    }

    pub(crate) fn process(&self) -> Uuid {
        self.0.process
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.0.admission
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    pub(crate) fn now(&self) -> time::OffsetDateTime {
        self.clock().now()
    }
}
