//! `nordbro migrate`.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::Config;

/// Brings the database to the newest schema. Two at once are harmless: on PostgreSQL the second waits for the first.
pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let database = &config.database;
    let url = if database.migrate_url.is_empty() {
        &database.url
    } else {
        &database.migrate_url
    };
    migrations::run(url.reveal())
        .await
        .with_context(|| format!("{url:?} could not be migrated"))?;
    writeln!(std::io::stdout(), "{url:?} has the newest schema")?;
    Ok(ExitCode::SUCCESS)
}
