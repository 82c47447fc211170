//! Every contract test runs on every database: an `SQLite` file and PostgreSQL.

use std::path::PathBuf;

use domain::{Environment, PartnerId};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use store::{Keyring, Settings, Store};
use uuid::Uuid;

/// A freshly migrated database that is gone after the test.
pub(crate) struct Fresh {
    pub(crate) name: &'static str,
    /// As whoever owns the tables.
    pub(crate) url: String,
    /// As a gateway connects.
    pub(crate) settings: Settings,
    pub(crate) store: Store,
}

/// Runs `test` on each database in turn.
pub(crate) async fn on_each<F>(test: F)
where
    F: AsyncFn(&Fresh),
{
    on_sqlite(&test).await;
    on_postgres(&test).await;
}

pub(crate) async fn on_sqlite<F>(test: F)
where
    F: AsyncFn(&Fresh),
{
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("nordbro.db");
    let fresh = Fresh::open("SQLite", format!("sqlite:{}", path.display())).await;
    test(&fresh).await;
    fresh.store.close().await.unwrap();
}

pub(crate) async fn on_postgres<F>(test: F)
where
    F: AsyncFn(&Fresh),
{
    #[expect(clippy::disallowed_methods, reason = "the one setting of these tests")]
    let base = std::env::var("NORDBRO_TEST_POSTGRES_URL")
        .expect("NORDBRO_TEST_POSTGRES_URL names a PostgreSQL server for the tests; ./test starts one");
    let name = format!("contract_{}", fresh_id().simple());
    let admin = Database::connect(&base).await.unwrap();
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let (server, _) = base.rsplit_once('/').expect("the URL ends with a database");
    let fresh = Fresh::open("PostgreSQL", format!("{server}/{name}")).await;
    test(&fresh).await;
    fresh.store.close().await.unwrap();
    drop_database(&admin, &name).await;
}

async fn drop_database(admin: &DatabaseConnection, name: &str) {
    admin
        .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await
        .unwrap();
}

impl Fresh {
    async fn open(name: &'static str, url: String) -> Self {
        migrations::run(&url).await.unwrap();
        let mut settings = Settings::new(url.clone());
        if name == "PostgreSQL" {
            let users = migrations::admit(&url).await.unwrap();
            settings.url = users.app.into();
            settings.system_url = Some(users.system.into());
        }
        let store = Store::connect(&settings, keyring()).await.unwrap();
        Self {
            name,
            url,
            settings,
            store,
        }
    }
}

/// The one key of the key file of every test.
pub(crate) const KEY: &str = "bm9yZGJybyB0ZXN0IGtleSBvZiAzMiBieXRlcyAhISE=";

pub(crate) fn keyring() -> Keyring {
    Keyring::parse(KEY).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a database's name has to be new in each run"
)]
pub(crate) fn fresh_id() -> Uuid {
    Uuid::new_v4()
}

pub(crate) fn partner(number: u128) -> PartnerId {
    PartnerId::from_uuid(Uuid::from_u128(number))
}

pub(crate) const TEST: Environment = Environment::Test;
