//! A gateway that runs: two listeners, the background jobs and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;

use app::App;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::assemble::Life;
use crate::config::Config;
use crate::faces::Faces;
use crate::health::Health;
use crate::listen::{self, Limits};
use crate::private;
use crate::shutdown::{self, Ended, Ending};
use crate::telemetry::Metrics;

/// Sockets that are bound and not yet served: whoever has a port 0 learns its number before anything is built.
#[derive(Debug)]
pub struct Doors {
    public: TcpListener,
    private: TcpListener,
    pub public_address: SocketAddr,
    pub private_address: SocketAddr,
}

impl Doors {
    /// Binds both addresses of the settings and writes the ports that were taken back into them.
    ///
    /// # Errors
    /// An address is taken or not ours.
    pub async fn bind(config: &mut Config) -> anyhow::Result<Self> {
        let public = listen::bind(config.public.listen).await?;
        let private = listen::bind(config.private.listen).await?;
        config.public.listen = public.local_addr()?;
        config.private.listen = private.local_addr()?;
        Ok(Self {
            public_address: config.public.listen,
            private_address: config.private.listen,
            public,
            private,
        })
    }
}

/// A gateway that answers.
#[derive(Debug)]
pub struct Running {
    app: App,
    ending: Ending,
    life: Life,
    listeners: TaskTracker,
    settings: crate::config::Shutdown,
}

impl Running {
    /// Serves `faces` behind `doors` and starts the jobs. When it returns, both listeners answer.
    pub fn start(
        doors: Doors,
        faces: Faces,
        app: App,
        config: &Config,
        life: Life,
        metrics: Metrics,
    ) -> Self {
        let ending = Ending {
            stopping: life.stopping.clone(),
            ..Ending::default()
        };
        let health = Arc::new(health(&app, &ending));
        let limits = Limits::new(&config.public, &config.shutdown);
        let listeners = TaskTracker::new();
        let public = listen::front(faces.public, Arc::clone(&life.clock));
        let operators = listen::front(faces.operators, Arc::clone(&life.clock));
        listeners.spawn(listen::serve(
            doors.public,
            public,
            limits.clone(),
            ending.closing.clone(),
        ));
        let operators = private::router(Arc::clone(&health), metrics).merge(operators);
        listeners.spawn(listen::serve(
            doors.private,
            operators,
            limits,
            ending.closing.clone(),
        ));
        listeners.close();
        app::registry::watch(&app);
        app.start_jobs();
        health.start();
        Self {
            app,
            ending,
            life,
            listeners,
            settings: config.shutdown.clone(),
        }
    }

    /// Looks away, drains, settles, closes the database. See [`shutdown`].
    pub async fn end(self) -> Ended {
        shutdown::close(&self.ending, self.settings.notice.get()).await;
        self.listeners.wait().await;
        let ended = shutdown::settle(&self.ending, &self.life.tasks, &self.settings).await;
        self.app.flush().await;
        if let Err(error) = self.app.store().close().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database was not closed in order"
            );
        }
        ended
    }
}

fn health(app: &App, ending: &Ending) -> Health {
    let (asked, known) = (app.clone(), app.clone());
    Health::new(ending.leaving.clone())
        .asking("schema", move || {
            let app = asked.clone();
            async move {
                match app.store().pending_migrations().await {
                    Ok(0) => Ok(()),
                    Ok(missing) => Err(format!("{missing} migrations are missing: run `nordbro migrate`")),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the schema's version cannot be read"
                        );
                        Err("the database does not answer".to_owned())
                    }
                }
            }
        })
        .asking("registry", move || {
            let app = known.clone();
            async move {
                let read = app.registry_version().await;
                read.map(drop)
                    .map_err(|_| "the registry cannot be read".to_owned())
            }
        })
}
