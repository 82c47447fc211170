//! The commands of the binary, one file each.

mod check_config;
mod demo;
mod doctor;
mod migrate;
mod openapi;
mod operate;
pub mod registry;
mod serve;
mod simulator;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config};

/// A multi-tenant partner platform gateway for Vipps MobilePay.
#[derive(Debug, Parser)]
#[command(
    name = "nordbro",
    version,
    about,
    max_term_width = 110,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    sources: Sources,
}

/// Where settings come from.
#[derive(Debug, Args)]
struct Sources {
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "A TOML file that overrides single settings; variables NORDBRO__SECTION__KEY override it in turn"
    )]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in the life of a process")]
enum Command {
    /// Play a whole payment against a simulated Vipps, then stay up to be played with.
    Demo(demo::Arguments),
    /// Serve partners until SIGTERM.
    Serve,
    /// Run Vipps `MobilePay` in a box: both worlds, with their rules, state, faults and clock.
    Simulator(simulator::Arguments),
    /// Bring the database to the newest schema.
    Migrate,
    #[command(flatten)]
    Registry(registry::Command),
    /// Print the API's `OpenAPI` document.
    Openapi(openapi::Arguments),
    /// Print the settings that result from defaults, file and environment, with secrets as dots.
    CheckConfig(check_config::Arguments),
    /// Tell whether a gateway with these settings would work here: one line a check, each with its remedy.
    Doctor(doctor::Arguments),
}

/// Reads the command line and runs one command to its end.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("nordbro: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = || settings(&cli.sources);
    match cli.command {
        Command::Demo(arguments) => {
            let config = settings()?;
            on_runtime(demo::run(arguments, config))
        }
        Command::Serve => on_runtime(serve::run(settings()?)),
        Command::Simulator(arguments) => {
            let telemetry = settings()?.telemetry;
            on_runtime(simulator::run(arguments, &telemetry))
        }
        Command::Migrate => on_runtime(migrate::run(&settings()?)),
        Command::Registry(command) if command.is_alone() => operate::alone(&command),
        Command::Registry(command) => on_runtime(operate::run(command, settings()?)),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::CheckConfig(arguments) => check_config::run(&arguments, &settings()?),
        Command::Doctor(arguments) => on_runtime(doctor::run(&arguments, settings())),
    }
}

fn on_runtime(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment comes in"
)]
fn settings(sources: &Sources) -> anyhow::Result<Config> {
    // A name that is not text is none of ours; a value that is not text is refused by its key.
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    Ok(config::load(sources.config.as_deref(), variables)?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
