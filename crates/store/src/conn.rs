//! The connection every query runs on.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::entity::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

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
    /// A pool for reading, or the one writing connection of `SQLite`.
    Connection(DatabaseConnection),
    /// A transaction of PostgreSQL.
    Transaction(DatabaseTransaction),
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
            Target::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.note(match &self.target {
            Target::Connection(connection) => connection.execute_raw(statement).await,
            Target::Transaction(transaction) => transaction.execute_raw(statement).await,
        })
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.note(match &self.target {
            Target::Connection(connection) => connection.execute_unprepared(sql).await,
            Target::Transaction(transaction) => transaction.execute_unprepared(sql).await,
        })
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.note(match &self.target {
            Target::Connection(connection) => connection.query_one_raw(statement).await,
            Target::Transaction(transaction) => transaction.query_one_raw(statement).await,
        })
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note(match &self.target {
            Target::Connection(connection) => connection.query_all_raw(statement).await,
            Target::Transaction(transaction) => transaction.query_all_raw(statement).await,
        })
    }
}
