//! `nordbro check-config`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use crate::config::{Config, DEFAULTS, show};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print the page of defaults instead, with what each setting means: the beginning of a file of your own.
    #[arg(long)]
    defaults: bool,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let text = if arguments.defaults {
        DEFAULTS.to_owned()
    } else {
        show(config)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
