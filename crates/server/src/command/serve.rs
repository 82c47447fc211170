//! `nordbro serve`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::assemble::{Life, assemble};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::faces;
use crate::key_file;
use crate::running::{Doors, Running};
use crate::shutdown::{self, Ended};
use crate::telemetry::Telemetry;

/// Serves until SIGTERM or SIGINT. The exit code is 0 when nothing was left undone.
pub(super) async fn run(mut config: Config) -> anyhow::Result<ExitCode> {
    let telemetry = Telemetry::start(&config.telemetry)?;
    for (setting, instead) in config.without_effect() {
        tracing::warn!(setting, instead, "a setting has no effect in this release");
    }
    // From here on somebody may ask us to end.
    let signal = shutdown::listen().context("signals cannot be listened for")?;
    let life = Life {
        clock: Arc::new(SystemClock),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
    };
    let doors = Doors::bind(&mut config).await?;
    let app = assemble(&config, &life).await?;
    key_file::demand_fitting(&app).await?;
    let faces = faces::build(&app, &config);
    let metrics = telemetry.metrics.clone();
    let (public, private) = (doors.public_address, doors.private_address);
    let running = Running::start(doors, faces, app, &config, life, metrics);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        public = %public,
        private = %private,
        url = config.public_url(),
        "serving"
    );

    let signal = signal.await;
    tracing::info!(signal, "ending");
    let ended = running.end().await;
    let code = match ended {
        Ended::Clean => {
            tracing::info!("ended; nothing was left undone");
            ExitCode::SUCCESS
        }
        Ended::TasksLeft(tasks) => {
            tracing::warn!(
                tasks,
                "ended before everything was settled; the next process settles it"
            );
            ExitCode::FAILURE
        }
    };
    tokio::task::spawn_blocking(move || telemetry.flush()).await?;
    Ok(code)
}
