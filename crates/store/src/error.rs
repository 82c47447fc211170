//! What can go wrong with what is remembered. Absence is no error: finders answer `Ok(None)`.

use std::borrow::Cow;
use std::error::Error as StdError;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::unique;

/// Why the store did not do as asked. The message is for us, never for a caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique rule of this name already holds the value.
    #[error("the value is taken: {0}")]
    Duplicate(&'static str),
    /// Somebody else changed the row, or two transactions met: begin again.
    #[error("the row has changed since it was read")]
    Stale,
    /// A row is not a legal value, or a sealed one does not open.
    #[error("row {id} of {table} is not legal")]
    Corrupt {
        table: &'static str,
        id: String,
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The database does not answer: down, full, locked, read-only or out of connections. Whether a commit
    /// that ends so has happened is not known.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The database refused what we asked of it, which is our mistake.
    #[error("the database refused a statement")]
    Refused(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    pub fn unavailable(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id, a number or a name: whatever is at hand"
    )]
    pub fn corrupt(table: &'static str, id: impl ToString) -> Self {
        Self::Corrupt {
            table,
            id: id.to_string(),
            source: None,
        }
    }

    /// A row whose sealed part does not open, and why.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id, a number or a name: whatever is at hand"
    )]
    pub fn unopened(
        table: &'static str,
        id: impl ToString,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Corrupt {
            table,
            id: id.to_string(),
            source: Some(Box::new(source)),
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            return Self::Duplicate(unique::name_of(constraint(&error).as_deref(), &message));
        }
        if matches!(error, DbErr::RecordNotUpdated) {
            return Self::Stale;
        }
        match code(&error).as_deref() {
            // PostgreSQL: serialization failure, deadlock.
            Some("40001" | "40P01") => Self::Stale,
            Some(code) if is_our_mistake(code) => Self::Refused(Box::new(error)),
            Some(_) => Self::Unavailable(Box::new(error)),
            None if is_of_the_connection(&error) => Self::Unavailable(Box::new(error)),
            None => Self::Refused(Box::new(error)),
        }
    }
}

/// `SQLite`: 1 error, 19 constraint, 20 mismatch, 25 range (in the low byte).
/// `PostgreSQL`: classes 22 (data), 23 (integrity), 42 (syntax, access, undefined).
fn is_our_mistake(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 1 | 19 | 20 | 25),
        _ => code.starts_with("22") || code.starts_with("23") || code.starts_with("42"),
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    if let DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner)) = error
    {
        Some(inner)
    } else {
        None
    }
}

fn code(error: &DbErr) -> Option<String> {
    let database = sqlx_error(error)?.as_database_error()?;
    database.code().map(Cow::into_owned)
}

fn constraint(error: &DbErr) -> Option<String> {
    let database = sqlx_error(error)?.as_database_error()?;
    database.constraint().map(str::to_owned)
}

fn is_of_the_connection(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
        || sqlx_error(error).is_some_and(|inner| {
            matches!(
                inner,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
                    | sqlx::Error::BeginFailed
            )
        })
}
