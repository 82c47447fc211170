//! `nordbro migrate`.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::config::Config;

/// Brings the database to the newest schema. Two at once are harmless: on PostgreSQL the second waits for the first.
pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let database = &config.database;
    let url = if database.migrate_url.is_empty() {
        if database.url.is_postgres() {
            bail!(
                "database.migrate_url is empty: on PostgreSQL the tables belong to a user that only migrates, because \
                 the wall between partners does not hold back whoever owns them"
            );
        }
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
