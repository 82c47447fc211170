//! `SQLite`: one writing connection behind a fair queue, and readers beside it.
//!
//! The writing connection is driven by plain `BEGIN IMMEDIATE`, `COMMIT` and `ROLLBACK`. The driver's own
//! transactions count their depth, and after a commit that failed on a full disk the count stays at one:
//! every later transaction becomes a savepoint in one that is never committed, reports success, and is
//! lost. So nothing here counts; a connection that did not end its transaction in order is thrown away,
//! which rolls back, and the next writer opens a new one.

use std::str::FromStr;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, SqlxSqliteConnector};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{Error, Settings};

/// The databases of one `SQLite` file.
pub(crate) struct Sqlite {
    pub(crate) readers: DatabaseConnection,
    writer: Arc<Mutex<Writer>>,
}

/// The writing connection, present while nobody writes.
struct Writer {
    options: SqliteConnectOptions,
    idle: Option<DatabaseConnection>,
}

/// The right to write, held from begin to end; the next in the queue goes on when it is dropped.
pub(crate) struct Turn(OwnedMutexGuard<Writer>);

impl Sqlite {
    pub(crate) async fn connect(url: &str, settings: &Settings) -> Result<Self, Error> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(Error::unavailable)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(settings.busy_timeout);
        migrations::make_for_owner(options.get_filename()).map_err(Error::unavailable)?;
        let mut writer = Writer {
            options: options.clone(),
            idle: None,
        };
        let connection = writer.open().await?;
        assert_durable(&connection).await?;
        writer.idle = Some(connection);

        let readers = SqlitePoolOptions::new()
            .max_connections(settings.max_connections.max(1))
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(Error::unavailable)?;
        Ok(Self {
            readers: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
            writer: Arc::new(Mutex::new(writer)),
        })
    }

    /// Waits in the queue, then begins.
    pub(crate) async fn begin(&self) -> Result<(DatabaseConnection, Turn), Error> {
        let mut turn = Arc::clone(&self.writer).lock_owned().await;
        if let Some(connection) = turn.idle.take()
            && begin_on(&connection).await.is_ok()
        {
            return Ok((connection, Turn(turn)));
        }
        let connection = turn.open().await?;
        begin_on(&connection).await?;
        Ok((connection, Turn(turn)))
    }

    pub(crate) async fn close(&self) -> Result<(), Error> {
        let mut writer = self.writer.lock().await;
        if let Some(connection) = writer.idle.take() {
            connection.close().await?;
        }
        Ok(self.readers.close_by_ref().await?)
    }
}

impl Writer {
    async fn open(&self) -> Result<DatabaseConnection, Error> {
        // A pool of exactly one connection that never expires: statements of a transaction share it.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(self.options.clone())
            .await
            .map_err(Error::unavailable)?;
        Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
    }
}

impl Turn {
    /// Ends with COMMIT. When it fails the connection goes, and the file keeps what it had.
    pub(crate) async fn commit(mut self, connection: DatabaseConnection) -> Result<(), Error> {
        connection.execute_unprepared("COMMIT").await?;
        self.0.idle = Some(connection);
        Ok(())
    }

    pub(crate) async fn rollback(mut self, connection: DatabaseConnection) -> Result<(), Error> {
        connection.execute_unprepared("ROLLBACK").await?;
        self.0.idle = Some(connection);
        Ok(())
    }
}

async fn begin_on(connection: &DatabaseConnection) -> Result<(), Error> {
    connection.execute_unprepared("BEGIN IMMEDIATE").await?;
    Ok(())
}

/// Money is written durably or not at all: WAL, and every commit reaches the disk.
async fn assert_durable(connection: &DatabaseConnection) -> Result<(), Error> {
    let journal: Option<String> = pragma(connection, "journal_mode").await?;
    let synchronous: Option<i64> = pragma(connection, "synchronous").await?;
    let foreign_keys: Option<i64> = pragma(connection, "foreign_keys").await?;
    if journal.as_deref() == Some("wal") && synchronous == Some(2) && foreign_keys == Some(1) {
        return Ok(());
    }
    Err(Error::unavailable(format!(
        "SQLite must run with journal_mode=wal, synchronous=2 and foreign_keys=1, \
         but has {journal:?}, {synchronous:?} and {foreign_keys:?}; keep the database in a file on a local disk"
    )))
}

async fn pragma<T: sea_orm::TryGetable>(
    connection: &DatabaseConnection,
    name: &str,
) -> Result<Option<T>, Error> {
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, format!("PRAGMA {name}"));
    match connection.query_one_raw(statement).await? {
        Some(row) => Ok(Some(row.try_get_by_index(0)?)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

    use super::*;

    async fn on(connection: &DatabaseConnection, sql: &str) -> Result<(), Error> {
        connection.execute_unprepared(sql).await?;
        Ok(())
    }

    async fn count(connection: &DatabaseConnection) -> i64 {
        let sql = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM notes");
        let row = connection.query_one_raw(sql).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    async fn notes(directory: &tempfile::TempDir) -> (String, Sqlite) {
        let url = format!("sqlite:{}", directory.path().join("notes.db").display());
        let sqlite = Sqlite::connect(&url, &Settings::new(url.clone())).await.unwrap();
        let (connection, turn) = sqlite.begin().await.unwrap();
        on(
            &connection,
            "CREATE TABLE notes (id integer PRIMARY KEY, body text)",
        )
        .await
        .unwrap();
        turn.commit(connection).await.unwrap();
        (url, sqlite)
    }

    #[tokio::test]
    async fn after_a_full_disk_what_is_reported_committed_is_in_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let (url, sqlite) = notes(&directory).await;

        let (connection, turn) = sqlite.begin().await.unwrap();
        turn.commit(connection).await.unwrap();
        let (connection, turn) = sqlite.begin().await.unwrap();
        // A full disk, as SQLite sees it: no further page can be had. The limit ends with the connection.
        on(&connection, "PRAGMA max_page_count = 4").await.unwrap();
        let filled = on(
            &connection,
            "INSERT INTO notes (body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
             SELECT hex(randomblob(400)) FROM n",
        )
        .await;
        assert!(matches!(filled, Err(Error::Unavailable(_))), "{filled:?}");
        drop((connection, turn));

        let (connection, turn) = sqlite.begin().await.unwrap();
        on(&connection, "INSERT INTO notes (body) VALUES ('after')")
            .await
            .unwrap();
        turn.commit(connection).await.unwrap();

        let other = Sqlite::connect(&url, &Settings::new(url.clone())).await.unwrap();
        assert_eq!(count(&other.readers).await, 1);
    }

    #[tokio::test]
    async fn after_a_commit_that_failed_what_is_reported_committed_is_in_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let (url, sqlite) = notes(&directory).await;
        let (connection, turn) = sqlite.begin().await.unwrap();
        on(
            &connection,
            "CREATE TABLE children (parent integer REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .await
        .unwrap();
        turn.commit(connection).await.unwrap();

        let (connection, turn) = sqlite.begin().await.unwrap();
        on(&connection, "INSERT INTO children (parent) VALUES (404)")
            .await
            .unwrap();
        assert!(turn.commit(connection).await.is_err());

        for expected in 1..=3 {
            let (connection, turn) = sqlite.begin().await.unwrap();
            on(&connection, "INSERT INTO notes (body) VALUES ('after')")
                .await
                .unwrap();
            turn.commit(connection).await.unwrap();
            let other = Sqlite::connect(&url, &Settings::new(url.clone())).await.unwrap();
            assert_eq!(count(&other.readers).await, expected);
        }
    }

    #[tokio::test]
    async fn a_dropped_transaction_leaves_nothing_and_the_next_writer_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let (_, sqlite) = notes(&directory).await;
        for _ in 0..3 {
            let (connection, turn) = sqlite.begin().await.unwrap();
            on(&connection, "INSERT INTO notes (body) VALUES ('lost')")
                .await
                .unwrap();
            drop((connection, turn));
        }
        assert_eq!(count(&sqlite.readers).await, 0);
        let (connection, turn) = sqlite.begin().await.unwrap();
        on(&connection, "INSERT INTO notes (body) VALUES ('kept')")
            .await
            .unwrap();
        assert_eq!(
            count(&sqlite.readers).await,
            0,
            "a reader saw what was not committed"
        );
        turn.commit(connection).await.unwrap();
        assert_eq!(count(&sqlite.readers).await, 1);
    }

    #[tokio::test]
    async fn the_file_and_what_stands_beside_it_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (_, _sqlite) = notes(&directory).await;
        let mut seen = Vec::new();
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            seen.push((entry.file_name().into_string().unwrap(), mode));
        }
        seen.sort();
        let expected = ["notes.db", "notes.db-shm", "notes.db-wal"];
        assert_eq!(seen, expected.map(|name| (name.to_owned(), 0o600)));
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let directory = tempfile::tempdir().unwrap();
        let (_, sqlite) = notes(&directory).await;
        assert!(
            on(&sqlite.readers, "INSERT INTO notes (body) VALUES ('no')")
                .await
                .is_err()
        );
    }
}
