//! PostgreSQL: a pool for each of two roles, and the proofs that commits are durable and the wall stands.
//!
//! Every statement on a partner's data runs in a transaction that names the partner and the environment first; row-level
//! security shows it nothing else (see `migrations::wall`). Everything that reaches across partners runs as
//! another role, which the tables grant little.

mod role;
#[cfg(test)]
mod tests;
mod transaction;

use std::str::FromStr;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, SqlxPostgresConnector, Statement};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::{Error, Settings};
use role::Role;

pub(crate) use transaction::{Mode, Named, Transaction};

pub(crate) struct Postgres {
    /// Serves partners.
    pub(crate) app: PgPool,
    /// Reaches across partners.
    pub(crate) system: PgPool,
}

impl Postgres {
    pub(crate) async fn connect(url: &str, settings: &Settings) -> Result<Self, Error> {
        let Some(system_url) = &settings.system_url else {
            return Err(Error::unavailable(
                "PostgreSQL is used under two roles, and the settings name no user for background work",
            ));
        };
        // Look-ups before a partner is known are cached and jobs are few.
        let for_system = (settings.max_connections / 4).max(1);
        let for_app = settings.max_connections.saturating_sub(for_system).max(1);
        // Trying a connection before its use costs a round trip; beginning a transaction is as good a trial.
        let app = pool(url, settings, for_app, false).await?;
        let system = pool(system_url.reveal(), settings, for_system, true).await?;
        for (pool, role) in [(&app, Role::App), (&system, Role::System)] {
            let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
            assert_durable(&connection).await?;
            role.assert_held_back(&connection).await?;
        }
        Ok(Self { app, system })
    }

    /// The pool across partners, for statements that stand alone.
    pub(crate) fn across(&self) -> DatabaseConnection {
        SqlxPostgresConnector::from_sqlx_postgres_pool(self.system.clone())
    }

    /// How many migrations the database lacks.
    pub(crate) async fn pending_migrations(&self) -> Result<usize, Error> {
        Ok(migrations::pending(&self.across()).await?)
    }

    pub(crate) async fn close(&self) {
        self.app.close().await;
        self.system.close().await;
    }
}

async fn pool(
    url: &str,
    settings: &Settings,
    max_connections: u32,
    try_before_use: bool,
) -> Result<PgPool, Error> {
    let timeout = settings.statement_timeout.as_millis().to_string();
    let options = PgConnectOptions::from_str(url)
        .map_err(Error::unavailable)?
        .application_name("nordbro")
        .options([
            ("statement_timeout", timeout.clone()),
            // A transaction spans statements and never a call to Vipps: an idle one is a lost one.
            ("idle_in_transaction_session_timeout", timeout),
        ]);
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(try_before_use)
        .connect_with(options)
        .await
        .map_err(Error::unavailable)
}

/// Money is written durably or not at all.
async fn assert_durable(pool: &DatabaseConnection) -> Result<(), Error> {
    for setting in ["fsync", "synchronous_commit"] {
        let statement = Statement::from_string(DbBackend::Postgres, format!("SHOW {setting}"));
        let value: Option<String> = match pool.query_one_raw(statement).await? {
            Some(row) => Some(row.try_get_by_index(0)?),
            None => None,
        };
        if value.as_deref().is_none_or(|value| value == "off") {
            return Err(Error::unavailable(format!(
                "PostgreSQL must run with {setting} on, but has {value:?}"
            )));
        }
    }
    Ok(())
}
