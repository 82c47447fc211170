//! PostgreSQL: a pool, and the proof that a commit is durable.

use std::str::FromStr;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqlxPostgresConnector, Statement, TransactionTrait,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::{Error, Settings};

pub(crate) struct Postgres {
    pub(crate) pool: DatabaseConnection,
}

impl Postgres {
    pub(crate) async fn connect(url: &str, settings: &Settings) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url)
            .map_err(Error::unavailable)?
            .application_name("nordbro")
            .options([
                (
                    "statement_timeout",
                    settings.statement_timeout.as_millis().to_string(),
                ),
                // A transaction spans statements and never a call to Vipps: an idle one is a lost one.
                (
                    "idle_in_transaction_session_timeout",
                    settings.statement_timeout.as_millis().to_string(),
                ),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(settings.max_connections.max(1))
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(options)
            .await
            .map_err(Error::unavailable)?;
        let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        assert_durable(&pool).await?;
        Ok(Self { pool })
    }

    /// Whether it may write is for the server to say: managed ones protect a disk that is nearly full by
    /// `default_transaction_read_only`, which a transaction that asked for more would get round.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        let isolation = Some(IsolationLevel::ReadCommitted);
        Ok(self.pool.begin_with_config(isolation, None).await?)
    }
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
