//! A transaction that says whose it is in the same breath in which it begins.

use domain::{Environment, PartnerId};
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, PgPool, Postgres, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::Mutex;

/// The driver's own, which rolls back what is dropped.
type Manager = <Postgres as sqlx::Database>::TransactionManager;

/// Whose rows a transaction sees: `None` = whatever its role may.
pub(crate) type Named = Option<(PartnerId, Environment)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    /// Whether it may write is for the server to say: managed ones protect a disk that is nearly full by
    /// `default_transaction_read_only`, which a transaction that asked for more would get round.
    Write,
}

/// An open transaction. Dropping it rolls back and gives the connection to the pool.
pub(crate) struct Transaction {
    connection: Mutex<PoolConnection<Postgres>>,
    ended: bool,
}

impl Transaction {
    /// Begins, and names the partner, in one round trip. Connections that the server has closed meanwhile are thrown
    /// away until one is good: nothing has been asked of them yet.
    pub(crate) async fn begin(pool: &PgPool, mode: Mode, named: Named) -> Result<Self, DbErr> {
        let opening = opening(mode, named);
        let mut idle = pool.size();
        loop {
            let connection = pool.acquire().await.map_err(not_acquired)?;
            match begun(connection, opening.clone()).await {
                Ok(connection) => {
                    return Ok(Self {
                        connection: Mutex::new(connection),
                        ended: false,
                    });
                }
                Err(error) if idle > 0 && is_gone(&error) => idle -= 1,
                Err(error) => return Err(refused(error)),
            }
        }
    }

    pub(crate) async fn commit(mut self) -> Result<(), DbErr> {
        Manager::commit(self.connection.get_mut())
            .await
            .map_err(refused)?;
        self.ended = true;
        Ok(())
    }

    pub(crate) async fn rollback(mut self) -> Result<(), DbErr> {
        Manager::rollback(self.connection.get_mut())
            .await
            .map_err(refused)?;
        self.ended = true;
        Ok(())
    }

    pub(crate) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.connection.lock().await;
        let done = bound(statement).execute(&mut **connection).await;
        done.map(Into::into).map_err(refused)
    }

    pub(crate) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut connection = self.connection.lock().await;
        let connection: &mut PgConnection = &mut connection;
        let done = connection.execute(AssertSqlSafe(sql.to_owned())).await;
        done.map(Into::into).map_err(refused)
    }

    pub(crate) async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut connection = self.connection.lock().await;
        let row = bound(statement).fetch_optional(&mut **connection).await;
        row.map(|row| row.map(Into::into)).map_err(refused)
    }

    pub(crate) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut connection = self.connection.lock().await;
        let rows = bound(statement).fetch_all(&mut **connection).await;
        rows.map(|rows| rows.into_iter().map(Into::into).collect())
            .map_err(refused)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.ended {
            // Goes out with the connection's way back to the pool; nobody waits for it.
            Manager::start_rollback(self.connection.get_mut());
        }
    }
}

async fn begun(
    connection: PoolConnection<Postgres>,
    opening: String,
) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    let mut beginning = Beginning(Some(connection));
    let Some(connection) = &mut beginning.0 else {
        return Err(sqlx::Error::BeginFailed);
    };
    Manager::begin(connection, Some(AssertSqlSafe(opening).into_sql_str())).await?;
    beginning.0.take().ok_or(sqlx::Error::BeginFailed)
}

/// A connection whose transaction may have begun without our having heard of it: the driver does not count it yet, so
/// it would go back to the pool in the middle of it. It is closed instead.
struct Beginning(Option<PoolConnection<Postgres>>);

impl Drop for Beginning {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}

/// The server has ended the session, or the way to it is cut.
fn is_gone(error: &sqlx::Error) -> bool {
    let told = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    told.is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        || matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)
        )
}

/// Both values are of our own making and hold no quote.
fn opening(mode: Mode, named: Named) -> String {
    let begin = match mode {
        Mode::Read => "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
        Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    match named {
        None => begin.to_owned(),
        Some((partner, environment)) => format!(
            "{begin}; SELECT set_config('nordbro.partner', '{}', true), set_config('nordbro.environment', '{}', true)",
            partner.uuid(),
            environment.as_str()
        ),
    }
}

fn bound(statement: Statement) -> sqlx::query::Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn refused(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn not_acquired(error: sqlx::Error) -> DbErr {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
    } else if matches!(error, sqlx::Error::PoolClosed) {
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
    } else {
        DbErr::Conn(RuntimeErr::SqlxError(error.into()))
    }
}
