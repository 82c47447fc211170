//! An operator's command: the gateway without its faces, for one change of its registry.

use std::io::{stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::registry::{self, Inputs};
use crate::assemble::{Life, assemble};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::key_file;
use crate::telemetry::Telemetry;

pub(super) fn alone(command: &registry::Command) -> anyhow::Result<ExitCode> {
    registry::generate_key(command, &mut stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run(command: registry::Command, config: Config) -> anyhow::Result<ExitCode> {
    let telemetry = Telemetry::start(&config.telemetry)?;
    let life = Life {
        clock: Arc::new(SystemClock),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
    };
    let app = assemble(&config, &life).await?;
    // What writes would seal it with a key that is not this database's.
    if !command.examines_keys() {
        key_file::demand_fitting(&app).await?;
    }
    let mut input = std::io::BufReader::new(stdin());
    let mut inputs = Inputs {
        stdin: &mut input,
        variable: &variable,
    };
    // Not locked, because the terminal's lock may not be held across a wait; an export may be long.
    let mut answer = stdout();
    let done = registry::run(&app, command, &mut inputs, &mut answer).await;
    life.stopping.cancel();
    life.tasks.close();
    life.tasks.wait().await;
    app.store().close().await?;
    tokio::task::spawn_blocking(move || telemetry.flush()).await?;
    // A command that broke off has told what is done all the same.
    std::io::Write::flush(&mut answer)?;
    done?;
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a secret may come from a variable that the operator names"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
