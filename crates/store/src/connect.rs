//! Opening the database.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{Environment, PartnerId, Secret};

use crate::conn::{Conn, Target};
use crate::postgres::{Mode, Named, Postgres, Transaction};
use crate::sqlite::Sqlite;
use crate::tx::{Ending, OpenTx};
use crate::{Error, Keyring, Reader, SystemReader, SystemTx, Tx, data_keys};

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://…`; holds a password, so it is never printed.
    pub url: Secret,
    /// PostgreSQL: the same database for what reaches across partners, under a user of its own. `SQLite` has none.
    pub system_url: Option<Secret>,
    /// Connections of both PostgreSQL pools together, or readers of `SQLite` (which has one writer more).
    pub max_connections: u32,
    /// How long a statement waits for a connection of the pool.
    pub acquire_timeout: Duration,
    /// `SQLite`: how long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// PostgreSQL: the longest statement, and the longest silence within a transaction.
    pub statement_timeout: Duration,
}

impl Settings {
    /// The database at `url` with ten connections and timeouts of a few seconds.
    pub fn new(url: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            system_url: None,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// What is remembered. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    keyring: Keyring,
    open: Arc<AtomicUsize>,
}

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the database and proves that its commits are durable. Runs no migration.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be reached, is of an unknown kind, commits without `fsync`, or when the
    /// wall between partners would not hold back a user we connect as.
    pub async fn connect(settings: &Settings, keyring: Keyring) -> Result<Self, Error> {
        let url = settings.url.reveal();
        let backend = if url.starts_with("sqlite:") {
            Backend::Sqlite(Sqlite::connect(url, settings).await?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Backend::Postgres(Postgres::connect(url, settings).await?)
        } else {
            return Err(Error::unavailable(
                "a database URL begins with sqlite: or postgres:",
            ));
        };
        let store = Self {
            inner: Arc::new(Inner {
                backend,
                // What a ring knows of another database says nothing about this one.
                keyring: keyring.for_another_database(),
                open: Arc::new(AtomicUsize::new(0)),
            }),
        };
        // A database that lacks migrations has no such keys; whoever opens it says so.
        if store.pending_migrations().await.is_ok_and(|missing| missing == 0) {
            data_keys::learn_fingerprints(&store.reading_conn(None), store.keyring()).await?;
        }
        Ok(store)
    }

    /// Begins a writing transaction for one partner in one environment. Dropping it rolls back.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not let us begin.
    pub async fn begin(&self, partner: PartnerId, environment: Environment) -> Result<Tx, Error> {
        if !data_keys::is_known(self.keyring(), partner) {
            Box::pin(self.know_key(partner)).await?;
        }
        Ok(Tx {
            open: self.open_tx(Some((partner, environment))).await?,
            partner,
            environment,
        })
    }

    /// A connection for finding things of one partner in one environment, beside the writers.
    pub fn read(&self, partner: PartnerId, environment: Environment) -> Reader {
        Reader {
            conn: self.reading_conn(Some((partner, environment))),
            keyring: self.inner.keyring.clone(),
            partner,
            environment,
        }
    }

    /// Begins a writing transaction over all partners: for jobs, and for the operator.
    /// `reason` says which and is logged.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not let us begin.
    pub async fn begin_system(&self, reason: &'static str) -> Result<SystemTx, Error> {
        tracing::trace!(reason, "transaction over all partners");
        Ok(SystemTx {
            open: self.open_tx(None).await?,
        })
    }

    /// Finding things before a partner is known, or over all partners. `reason` is logged.
    pub fn read_system(&self, reason: &'static str) -> SystemReader {
        tracing::trace!(reason, "reading over all partners");
        SystemReader {
            conn: self.reading_conn(None),
            keyring: self.inner.keyring.clone(),
        }
    }

    /// How many writing transactions are open now. Zero during every call to Vipps.
    pub fn open_transactions(&self) -> usize {
        self.inner.open.load(Ordering::Acquire)
    }

    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// How many migrations the database lacks; a process starts only when there are none.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not answer.
    pub async fn pending_migrations(&self) -> Result<usize, Error> {
        match &self.inner.backend {
            Backend::Sqlite(sqlite) => Ok(migrations::pending(&sqlite.readers).await?),
            Backend::Postgres(postgres) => postgres.pending_migrations().await,
        }
    }

    /// Closes every connection in order; a transaction still open is waited for.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a connection does not end in order.
    pub async fn close(&self) -> Result<(), Error> {
        match &self.inner.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => {
                postgres.close().await;
                Ok(())
            }
        }
    }

    /// Sees to it that what the partner's rows are sealed with is known before a transaction needs it: drawn
    /// in a transaction of its own the first time, read the next time, remembered from then on.
    async fn know_key(&self, partner: PartnerId) -> Result<(), Error> {
        let keyring = self.keyring();
        if data_keys::learn(&self.reading_conn(None), keyring, partner).await? {
            return Ok(());
        }
        let tx = self.begin_system("data key of a partner").await?;
        if data_keys::draw_first(tx.open.conn(), keyring, partner).await? {
            tx.commit().await?;
            data_keys::learn(&self.reading_conn(None), keyring, partner).await?;
        }
        Ok(())
    }

    /// `named` = the partner it is for; none = all of them, as the other role.
    async fn open_tx(&self, named: Named) -> Result<OpenTx, Error> {
        let (target, ending) = match &self.inner.backend {
            Backend::Sqlite(sqlite) => {
                let (connection, turn) = sqlite.begin().await?;
                (Target::Connection(connection), Ending::Sqlite(turn))
            }
            Backend::Postgres(postgres) => {
                let pool = if named.is_some() {
                    &postgres.app
                } else {
                    &postgres.system
                };
                let begun = Transaction::begin(pool, Mode::Write, named).await?;
                (Target::Transaction(begun), Ending::Postgres)
            }
        };
        Ok(OpenTx::new(
            Conn::new(target),
            ending,
            self.inner.keyring.clone(),
            &self.inner.open,
        ))
    }

    fn reading_conn(&self, named: Named) -> Conn {
        Conn::new(match &self.inner.backend {
            Backend::Sqlite(sqlite) => Target::Connection(sqlite.readers.clone()),
            Backend::Postgres(postgres) if named.is_some() => Target::Own(postgres.app.clone(), named),
            Backend::Postgres(postgres) => Target::Connection(postgres.across()),
        })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("open_transactions", &self.open_transactions())
            .finish_non_exhaustive()
    }
}
