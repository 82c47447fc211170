//! `nordbro demo`: a whole payment on this machine, then a gateway to play with.
//!
//! Everything is real but Vipps: the gateway serves two partners from a database of its own, and the simulator holds
//! to Vipps' rules on ports of its own. What is printed is what came over the wire.

mod ask;
mod play;
mod setting;
mod stage;
mod tell;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use simulator::{Options, Simulator};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::assemble::{Life, assemble};
use crate::clock::SystemClock;
use crate::config::{Config, SecretUrl};
use crate::faces;
use crate::key_file;
use crate::running::{Doors, Running};
use crate::shutdown::{self, Ended};
use crate::telemetry::Telemetry;

use setting::{Addresses, Setting};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// End after the play: with 0, or with 1 when a step did not go as it should.
    #[arg(long)]
    once: bool,
    /// Standard output carries JSON: one line with addresses and partners, then one line per step.
    #[arg(long)]
    json: bool,
    /// Port of the gateway; N+1 is its private port, N+2 and N+3 are the simulated Vipps (test, production). 0 takes
    /// free ones.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// Keep the database and its key file in this directory, and find them there the next time.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Use this database instead of an embedded one: "<postgres://USER:PASSWORD@HOST/NAME>" or "sqlite:PATH". A user of
    /// PostgreSQL must be allowed to make tables and roles: the gateway then runs as two users of its own.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

pub(super) async fn run(arguments: Arguments, config: Config) -> anyhow::Result<ExitCode> {
    let telemetry = Telemetry::start(&setting::quiet(&config.telemetry))?;
    let signal = shutdown::listen().context("signals cannot be listened for")?;
    let database = arguments.database.map(SecretUrl::new);
    let mut setting = Setting::prepare(config, arguments.port, arguments.data, database)?;

    let simulator = Simulator::start(Options {
        test_port: setting.simulator_port(0)?,
        production_port: setting.simulator_port(1)?,
        ..Options::default()
    })
    .await?;
    let doors = Doors::bind(&mut setting.config).await?;
    setting.meet(&simulator)?;
    setting.migrate().await?;

    let life = Life {
        clock: Arc::new(SystemClock),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
    };
    let app = assemble(&setting.config, &life).await?;
    key_file::demand_fitting(&app).await?;
    let cast = stage::set(&app, &simulator)
        .await
        .context("the partners of the demo could not be set up")?;
    let addresses = Addresses::new(&doors, &setting.config, &simulator);
    let clock = Arc::clone(&life.clock);
    let faces = faces::build(&app, &setting.config);
    let running = Running::start(
        doors,
        faces,
        app,
        &setting.config,
        life,
        telemetry.metrics.clone(),
    );

    let ask = ask::Ask::new();
    let tell = tell::Tell::new(arguments.json);
    let mut played = Ok(());
    let interrupted = tokio::select! {
        biased;
        signal = signal => Some(signal),
        signal = async {
            played = async {
                let cast = stage::admit(&ask, &addresses, cast).await?;
                tell.opening(&addresses, &cast)?;
                play::play(&ask, &tell, &addresses, &cast, clock.as_ref()).await?;
                if arguments.once { Ok(()) } else { tell.closing(&addresses, &cast) }
            }
            .await;
            if arguments.once || played.is_err() {
                return None;
            }
            std::future::pending().await
        } => signal,
    };
    if let Some(signal) = interrupted {
        tracing::info!(signal, "ending");
    }
    let ended = running.end().await;
    simulator.shutdown().await;
    tokio::task::spawn_blocking(move || telemetry.flush()).await?;
    match played {
        Err(error) if error.is::<tell::NobodyListens>() => {}
        played => played?,
    }
    Ok(if ended == Ended::Clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
