//! Databases that are gone after the test.

use sea_orm::{ConnectionTrait, Database as Orm};
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

/// A freshly migrated database. PostgreSQL's are left to the server that `./test` throws away.
#[derive(Debug)]
pub struct Database {
    pub kind: Kind,
    pub url: String,
    _directory: Option<TempDir>,
}

impl Database {
    /// # Panics
    /// When `NORDBRO_TEST_POSTGRES_URL` is not set and PostgreSQL is asked for.
    pub async fn fresh(kind: Kind) -> Self {
        let (url, directory) = match kind {
            Kind::Sqlite => {
                let directory = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
                (url, Some(directory))
            }
            Kind::Postgres => (create().await, None),
        };
        migrations::run(&url).await.unwrap();
        Self {
            kind,
            url,
            _directory: directory,
        }
    }

    /// One process's way to the database; several may be open.
    pub async fn open(&self) -> Store {
        let keyring = Keyring::parse("bm9yZGJybyB0ZXN0IGtleSBvZiAzMiBieXRlcyAhISE=").unwrap();
        Store::connect(&Settings::new(self.url.clone()), keyring)
            .await
            .unwrap()
    }
}

async fn create() -> String {
    #[expect(clippy::disallowed_methods, reason = "the one setting of these tests")]
    let base = std::env::var("NORDBRO_TEST_POSTGRES_URL")
        .expect("NORDBRO_TEST_POSTGRES_URL names a PostgreSQL server for the tests; ./test starts one");
    #[expect(
        clippy::disallowed_methods,
        reason = "a database's name has to be new in each run"
    )]
    let name = format!("world_{}", Uuid::new_v4().simple());
    let admin = Orm::connect(&base).await.unwrap();
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    admin.close().await.unwrap();
    let (server, _) = base.rsplit_once('/').expect("the URL ends with a database");
    format!("{server}/{name}")
}
