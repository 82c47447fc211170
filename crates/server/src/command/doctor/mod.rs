//! `nordbro doctor`: whether a gateway with these settings would work here, one line a check.
//!
//! It changes nothing: no file is made, no migration runs, what is written to the database is taken back, and no key
//! leaves the house.

mod database;
mod doors;
mod machine;
mod report;
mod settings;
mod vipps;

use std::process::ExitCode;

use clap::Args;

use crate::clock::SystemClock;
use crate::config::Config;
use crate::key_file;

use report::{Check, Report};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print one JSON object: `ok`, and `checks` with `name`, `status`, `detail` and, where something is wrong, `remedy`.
    #[arg(long)]
    json: bool,
}

/// Runs every check that the ones before leave possible. The exit code is 1 when one of them failed.
pub(super) async fn run(arguments: &Arguments, config: anyhow::Result<Config>) -> anyhow::Result<ExitCode> {
    let report = match &config {
        Ok(config) => examine(config).await,
        Err(error) => Report::of(vec![Check::failed(
            "configuration",
            format!("{error:#}"),
            "correct what is named; `nordbro check-config --defaults` explains every setting",
        )]),
    };
    report.print(arguments.json, &mut std::io::stdout().lock())?;
    Ok(if report.ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn examine(config: &Config) -> Report {
    let mut checks = settings::check(config);
    let keyring = match key_file::read(&config.sealing) {
        Ok(keyring) => {
            checks.push(key_file_found(config));
            Some(keyring)
        }
        Err(error) => {
            checks.push(Check::failed(
                "key file",
                format!("{error:#}"),
                "name the file in sealing.key_file and let this user read it; a first one: \
                 `(umask 077; nordbro keys generate > keys)`",
            ));
            None
        }
    };
    checks.extend(database::check(config, keyring).await);
    let (vipps, dates) = vipps::check(config, &SystemClock).await;
    checks.extend(vipps);
    checks.push(machine::clock(&dates));
    checks.push(machine::descriptors(config));
    checks.extend(doors::check(config).await);
    Report::of(checks)
}

fn key_file_found(config: &Config) -> Check {
    let path = &config.sealing.key_file;
    let shown = path.display();
    if path.as_os_str().is_empty() {
        return Check::ok("key file", "sealing.keys holds keys");
    }
    if key_file::is_open_to_everybody(path) {
        Check::warning(
            "key file",
            format!("everybody on this machine may read {shown}"),
            format!("`chmod o= {shown}`"),
        )
    } else {
        Check::ok("key file", format!("{shown} holds keys"))
    }
}

#[cfg(test)]
mod tests;
