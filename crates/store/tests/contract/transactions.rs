//! Opening, beginning and ending.

use migrations::MigratorTrait;
use sea_orm::{ConnectionTrait, Database};
use store::{Error, Settings, Store};

use crate::databases::{TEST, keyring, on_each, partner};

#[tokio::test]
async fn a_migrated_database_lacks_no_migration_and_migrating_again_changes_nothing() {
    on_each(async |fresh| {
        assert_eq!(
            fresh.store.pending_migrations().await.unwrap(),
            0,
            "{}",
            fresh.name
        );
        migrations::run(&fresh.url).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_migrators_at_once_leave_one_schema() {
    on_each(async |fresh| {
        let connection = Database::connect(&fresh.url).await.unwrap();
        migrations::Migrator::down(&connection, None).await.unwrap();
        assert!(fresh.store.pending_migrations().await.unwrap() > 0);
        if fresh.name == "PostgreSQL" {
            let (one, other) = tokio::join!(migrations::run(&fresh.url), migrations::run(&fresh.url));
            one.unwrap();
            other.unwrap();
        } else {
            migrations::run(&fresh.url).await.unwrap();
        }
        assert_eq!(
            fresh.store.pending_migrations().await.unwrap(),
            0,
            "{}",
            fresh.name
        );
    })
    .await;
}

#[tokio::test]
async fn open_transactions_are_counted_until_they_end_in_any_way() {
    on_each(async |fresh| {
        let store = &fresh.store;
        let committed = store.begin(partner(1), TEST).await.unwrap();
        assert_eq!(store.open_transactions(), 1, "{}", fresh.name);
        committed.commit().await.unwrap();
        assert_eq!(store.open_transactions(), 0);
        let dropped = store.begin(partner(1), TEST).await.unwrap();
        drop(dropped);
        assert_eq!(store.open_transactions(), 0);
        let rolled_back = store.begin_system("test").await.unwrap();
        rolled_back.rollback().await.unwrap();
        assert_eq!(store.open_transactions(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_writers_take_turns() {
    on_each(async |fresh| {
        let writers = (0..100).map(|_| async {
            let tx = fresh.store.begin(partner(1), TEST).await?;
            tx.commit().await
        });
        for ended in futures_util::future::join_all(writers).await {
            ended.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_database_in_memory_is_refused_because_nothing_in_it_lasts() {
    let refused = Store::connect(&Settings::new("sqlite::memory:".to_owned()), keyring())
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_does_not_commit_durably_is_refused() {
    crate::databases::on_postgres(async |fresh| {
        let admin = Database::connect(&fresh.url).await.unwrap();
        let (_, name) = fresh.url.rsplit_once('/').unwrap();
        admin
            .execute_unprepared(&format!("ALTER DATABASE {name} SET synchronous_commit = off"))
            .await
            .unwrap();
        let refused = Store::connect(&fresh.settings, keyring()).await.unwrap_err();
        let Error::Unavailable(reason) = refused else {
            panic!("{refused:?}")
        };
        assert!(reason.to_string().contains("synchronous_commit"), "{reason}");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_kind_of_database_is_refused_without_its_password() {
    let refused = Store::connect(
        &Settings::new("mysql://root:hunter2@localhost/x".to_owned()),
        keyring(),
    )
    .await
    .unwrap_err();
    assert!(!format!("{refused:?}").contains("hunter2"));
}
