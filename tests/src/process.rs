//! A gateway process that can be killed.

use axum::Router;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use crate::{Ask, Gateway};

/// Another process of the gateway: on the same database and the same clock, with threads of its own. Killed,
/// it leaves everything where it stood: no task of it takes another step.
pub struct Process {
    runtime: Runtime,
    router: Router,
}

impl Process {
    pub fn start(gateway: &Gateway) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        // One runtime cannot wait for another on one thread.
        let router = std::thread::scope(|scope| {
            let started = scope.spawn(|| runtime.block_on(gateway.replica()));
            started.join().unwrap()
        });
        Self { runtime, router }
    }

    /// Takes in a request whose answer nobody will hear.
    pub fn takes(&self, ask: &Ask<'_>) {
        let request = ask.request();
        self.runtime.spawn(self.router.clone().oneshot(request));
    }

    pub fn kill(self) {
        self.runtime.shutdown_background();
    }
}
