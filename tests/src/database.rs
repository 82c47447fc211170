//! Databases that are gone after the test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use migrations::Users;
use sea_orm::{ConnectionTrait, Database as Orm, DatabaseConnection};
use store::{Keyring, Settings, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// On which database a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// The key file of every process, unless a test says otherwise.
pub const KEY_FILE: &str = "bm9yZGJybyB0ZXN0IGtleSBvZiAzMiBieXRlcyAhISE=";

/// A freshly migrated database. PostgreSQL's are left to the server that `./test` throws away.
#[derive(Debug)]
pub struct Database {
    pub kind: Kind,
    /// As whoever owns the tables; a gateway has no use for it.
    pub url: String,
    users: Option<Users>,
    _directory: Option<TempDir>,
}

impl Database {
    /// # Panics
    /// When `NORDBRO_TEST_POSTGRES_URL` is not set and PostgreSQL is asked for.
    pub async fn fresh(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite_in(tempfile::tempdir().unwrap()).await,
            Kind::Postgres => Self::migrated(kind, create().await, None).await,
        }
    }

    /// A database whose rows stand on a disk of a few megabytes. What PostgreSQL keeps for itself does not: a new
    /// connection writes there, and every other database of the server waits for it.
    pub async fn on_small_disk(kind: Kind, disk: &SmallDisk) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite_in(tempfile::tempdir_in(&disk.0).unwrap()).await,
            Kind::Postgres => {
                let url = create().await;
                rows_on(disk, name_in(&url)).await;
                Self::migrated(kind, url, None).await
            }
        }
    }

    async fn sqlite_in(directory: TempDir) -> Self {
        let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
        Self::migrated(Kind::Sqlite, url, Some(directory)).await
    }

    async fn migrated(kind: Kind, url: String, directory: Option<TempDir>) -> Self {
        migrations::run(&url).await.unwrap();
        let users = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(migrations::admit(&url).await.unwrap()),
        };
        Self {
            kind,
            url,
            users,
            _directory: directory,
        }
    }

    /// One process's way to the database; several may be open. `patience` is real time: how long it waits
    /// for another process's lock, and how long for a connection.
    pub async fn open(&self, patience: Duration) -> Store {
        self.open_with(KEY_FILE, patience).await
    }

    /// The way of a process with a key file of its own.
    pub async fn open_with(&self, key_file: &str, patience: Duration) -> Store {
        let keyring = Keyring::parse(key_file).unwrap();
        let settings = Settings {
            busy_timeout: patience,
            ..self.settings()
        };
        Store::connect(&settings, keyring).await.unwrap()
    }

    /// As a gateway connects: on PostgreSQL under two users before whom the wall stands, which [`Store::connect`]
    /// makes sure of.
    pub fn settings(&self) -> Settings {
        Settings {
            system_url: self.users.as_ref().map(|users| users.system.clone().into()),
            ..Settings::new(self.app_url().to_owned())
        }
    }

    /// The database as the user who serves partners.
    pub fn app_url(&self) -> &str {
        self.users.as_ref().map_or(&self.url, |users| &users.app)
    }

    /// The database as the user who reaches across partners; on `SQLite` there is none.
    pub fn system_url(&self) -> Option<&str> {
        self.users.as_ref().map(|users| users.system.as_str())
    }

    /// What the operator of a PostgreSQL server does with this database; what is connected is thrown out,
    /// as a server does that restarts.
    pub async fn set(&self, how: &str) {
        let (name, admin) = (self.name(), admin().await);
        for statement in [
            format!("ALTER DATABASE {name} {how}"),
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        ] {
            admin.execute_unprepared(&statement).await.unwrap();
        }
        admin.close().await.unwrap();
    }

    /// Takes the database away from every process, until what this returns is given to [`Database::back`].
    pub async fn gone(&self) -> Gone {
        match self.kind {
            Kind::Sqlite => {
                // Another program holds the file, as a backup or a person with a shell does.
                let other = Orm::connect(&self.url).await.unwrap();
                other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
                Gone(Some(other))
            }
            Kind::Postgres => {
                self.set("ALLOW_CONNECTIONS false").await;
                Gone(None)
            }
        }
    }

    pub async fn back(&self, gone: Gone) {
        match gone.0 {
            Some(other) => other.close().await.unwrap(),
            None => self.set("ALLOW_CONNECTIONS true").await,
        }
    }

    /// Gives its place on a small disk free again.
    pub async fn close_small(&self, store: &Store) {
        store.close().await.unwrap();
        if self.kind == Kind::Sqlite {
            return;
        }
        let (name, admin) = (self.name(), admin().await);
        for statement in [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("DROP TABLESPACE {name}"),
        ] {
            admin.execute_unprepared(&statement).await.unwrap();
        }
        admin.close().await.unwrap();
    }

    fn name(&self) -> &str {
        name_in(&self.url)
    }
}

fn name_in(url: &str) -> &str {
    url.rsplit_once('/').expect("the URL ends with a database").1
}

/// A database out of reach.
#[must_use]
pub struct Gone(Option<DatabaseConnection>);

/// A file system of a few megabytes, which `./test` mounts.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where nothing could be mounted; `./test` says so in its last lines.
    pub fn of(kind: Kind) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "a setting of these tests")]
        let directory = std::env::var("NORDBRO_TEST_SMALL_DISKS").ok()?;
        let disk = match kind {
            Kind::Sqlite => "sqlite",
            Kind::Postgres => "postgres",
        };
        Some(Self(Path::new(&directory).join(disk)))
    }

    /// Writes until nothing fits any more.
    pub fn fill(&self) {
        use std::io::Write as _;
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        for block in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; block]).is_ok() {}
        }
    }

    pub fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A test that failed leaves it to others as it was.
        let _ = std::fs::remove_file(self.filler());
    }
}

async fn admin() -> DatabaseConnection {
    Orm::connect(&server()).await.unwrap()
}

fn server() -> String {
    #[expect(clippy::disallowed_methods, reason = "a setting of these tests")]
    std::env::var("NORDBRO_TEST_POSTGRES_URL")
        .expect("NORDBRO_TEST_POSTGRES_URL names a PostgreSQL server for the tests; ./test starts one")
}

/// Tables that are made from now on go to a tablespace of the database's name. The server's own user has to be able to
/// write there.
async fn rows_on(disk: &SmallDisk, name: &str) {
    let (space, admin) = (disk.0.join("space"), admin().await);
    for statement in [
        format!("CREATE TABLESPACE {name} LOCATION '{}'", space.display()),
        format!("ALTER DATABASE {name} SET default_tablespace = {name}"),
    ] {
        admin.execute_unprepared(&statement).await.unwrap();
    }
    admin.close().await.unwrap();
}

async fn create() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a database's name has to be new in each run"
    )]
    let id = Uuid::new_v4();
    let (name, admin) = (format!("world_{}", id.simple()), admin().await);
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    admin.close().await.unwrap();
    let server = server();
    let (server, _) = server.rsplit_once('/').expect("the URL ends with a database");
    format!("{server}/{name}")
}
