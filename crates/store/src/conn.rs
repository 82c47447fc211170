//! The connection every query runs on.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::entity::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use sqlx::PgPool;

use crate::postgres::{Mode, Named, Transaction};

/// Where a statement goes, and whether one has failed.
///
/// After a failed statement a transaction cannot be committed: PostgreSQL would answer the COMMIT of an
/// aborted transaction with a silent rollback, and `SQLite` may have rolled back by itself and be running
/// each further statement on its own.
pub(crate) struct Conn {
    target: Target,
    failed: AtomicBool,
}

pub(crate) enum Target {
    /// A pool for reading across partners, or the one writing connection of `SQLite`.
    Connection(DatabaseConnection),
    /// A transaction of PostgreSQL.
    Transaction(Transaction),
    /// A pool of PostgreSQL for reading what is a partner's own: each statement in a transaction of its own that
    /// names the partner. Nothing stays open between statements, however long the reader lives.
    Own(PgPool, Named),
}

async fn alone(pool: &PgPool, named: Named) -> Result<Transaction, DbErr> {
    Transaction::begin(pool, Mode::Read, named).await
}

impl Conn {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            failed: AtomicBool::new(false),
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(crate) fn into_target(self) -> Target {
        self.target
    }

    /// Which statements run is written down on request, their values never.
    fn tell(sql: &str) {
        tracing::trace!(target: "nordbro::statement", sql);
    }

    fn note<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if result.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        result
    }
}

#[async_trait]
impl ConnectionTrait for Conn {
    fn get_database_backend(&self) -> DbBackend {
        match &self.target {
            Target::Connection(connection) => connection.get_database_backend(),
            Target::Transaction(_) | Target::Own(..) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        Self::tell(&statement.sql);
        self.note(match &self.target {
            Target::Connection(connection) => connection.execute_raw(statement).await,
            Target::Transaction(transaction) => transaction.execute(statement).await,
            Target::Own(pool, named) => match alone(pool, *named).await {
                Ok(transaction) => transaction.execute(statement).await,
                Err(error) => Err(error),
            },
        })
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        Self::tell(sql);
        self.note(match &self.target {
            Target::Connection(connection) => connection.execute_unprepared(sql).await,
            Target::Transaction(transaction) => transaction.execute_unprepared(sql).await,
            Target::Own(pool, named) => match alone(pool, *named).await {
                Ok(transaction) => transaction.execute_unprepared(sql).await,
                Err(error) => Err(error),
            },
        })
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Self::tell(&statement.sql);
        self.note(match &self.target {
            Target::Connection(connection) => connection.query_one_raw(statement).await,
            Target::Transaction(transaction) => transaction.query_one(statement).await,
            Target::Own(pool, named) => match alone(pool, *named).await {
                Ok(transaction) => transaction.query_one(statement).await,
                Err(error) => Err(error),
            },
        })
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Self::tell(&statement.sql);
        self.note(match &self.target {
            Target::Connection(connection) => connection.query_all_raw(statement).await,
            Target::Transaction(transaction) => transaction.query_all(statement).await,
            Target::Own(pool, named) => match alone(pool, *named).await {
                Ok(transaction) => transaction.query_all(statement).await,
                Err(error) => Err(error),
            },
        })
    }
}
