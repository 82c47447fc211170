//! Transactions as values: begin, work, `commit(self)`. Dropping one rolls back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Environment, PartnerId};

use crate::conn::{Conn, Target};
use crate::scope::{Read, Write};
use crate::sqlite::Turn;
use crate::{Error, Keyring, Scope, System};

/// A writing transaction of one partner in one environment.
pub struct Tx {
    pub(crate) open: OpenTx,
    pub(crate) partner: PartnerId,
    pub(crate) environment: Environment,
}

impl Tx {
    pub fn scope(&self) -> Scope<'_> {
        Scope::new(
            &self.open.conn,
            &self.open.keyring,
            self.partner,
            self.environment,
        )
    }

    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing was written, or (when the connection broke while committing) it is
    /// not known. After a statement that failed, also one whose error was handled, nothing is written.
    pub async fn commit(self) -> Result<(), Error> {
        self.open.commit().await
    }

    /// Ends without writing. Dropping does the same; this way is cheaper on `SQLite`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database did not answer; nothing was written either way.
    pub async fn rollback(self) -> Result<(), Error> {
        self.open.rollback().await
    }
}

/// A writing transaction over all partners.
pub struct SystemTx {
    pub(crate) open: OpenTx,
}

impl SystemTx {
    pub fn system(&self) -> System<'_> {
        System::new(&self.open.conn, &self.open.keyring)
    }

    /// As [`Tx::commit`].
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit(self) -> Result<(), Error> {
        self.open.commit().await
    }

    /// As [`Tx::rollback`].
    ///
    /// # Errors
    /// As [`Tx::rollback`].
    pub async fn rollback(self) -> Result<(), Error> {
        self.open.rollback().await
    }
}

/// Finders of one partner in one environment, outside any transaction.
pub struct Reader {
    pub(crate) conn: Conn,
    pub(crate) keyring: Keyring,
    pub(crate) partner: PartnerId,
    pub(crate) environment: Environment,
}

impl Reader {
    pub fn scope(&self) -> Scope<'_, Read> {
        Scope::new(&self.conn, &self.keyring, self.partner, self.environment)
    }
}

/// Finders over all partners, outside any transaction.
pub struct SystemReader {
    pub(crate) conn: Conn,
    pub(crate) keyring: Keyring,
}

impl SystemReader {
    pub fn system(&self) -> System<'_, Read> {
        System::new(&self.conn, &self.keyring)
    }
}

/// What every transaction holds; counted while it lives.
pub(crate) struct OpenTx {
    conn: Conn,
    ending: Ending,
    keyring: Keyring,
    _counted: Counted,
}

/// Who ends the transaction.
pub(crate) enum Ending {
    Sqlite(Turn),
    Postgres,
}

impl OpenTx {
    pub(crate) fn new(conn: Conn, ending: Ending, keyring: Keyring, open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::AcqRel);
        Self {
            conn,
            ending,
            keyring,
            _counted: Counted(Arc::clone(open)),
        }
    }

    pub(crate) fn conn(&self) -> &Conn {
        &self.conn
    }

    async fn commit(self) -> Result<(), Error> {
        if self.conn.has_failed() {
            self.rollback().await?;
            return Err(Error::unavailable(
                "a statement of this transaction has failed, so it was rolled back",
            ));
        }
        match (self.conn.into_target(), self.ending) {
            (Target::Connection(connection), Ending::Sqlite(turn)) => turn.commit(connection).await,
            (Target::Transaction(transaction), Ending::Postgres) => Ok(transaction.commit().await?),
            (Target::Connection(_) | Target::Own(..), Ending::Postgres)
            | (Target::Transaction(_) | Target::Own(..), Ending::Sqlite(_)) => Ok(()),
        }
    }

    async fn rollback(self) -> Result<(), Error> {
        // After a failure SQLite may have ended the transaction itself: let the connection go instead.
        let orderly = !self.conn.has_failed();
        match (self.conn.into_target(), self.ending) {
            (Target::Connection(connection), Ending::Sqlite(turn)) if orderly => {
                turn.rollback(connection).await
            }
            (Target::Transaction(transaction), Ending::Postgres) => Ok(transaction.rollback().await?),
            (
                Target::Connection(_) | Target::Transaction(_) | Target::Own(..),
                Ending::Sqlite(_) | Ending::Postgres,
            ) => Ok(()),
        }
    }
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

const _: fn() = || {
    fn is_send<T: Send>() {}
    is_send::<Tx>();
    is_send::<Scope<'_, Write>>();
};
