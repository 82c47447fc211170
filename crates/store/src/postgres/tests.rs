//! Whose a transaction was stays with it, however it ends.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use domain::{Environment, PartnerId};
use sea_orm::{DbBackend, Statement};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use uuid::Uuid;

use super::transaction::{Mode, Named, Transaction};

const NORTH: Named = Some((PartnerId::from_uuid(Uuid::from_u128(1)), Environment::Test));
const SOUTH: Named = Some((PartnerId::from_uuid(Uuid::from_u128(2)), Environment::Production));

/// A pool of one connection: what one transaction leaves behind the next one finds.
async fn one_connection() -> PgPool {
    #[expect(clippy::disallowed_methods, reason = "a setting of these tests")]
    let url = std::env::var("NORDBRO_TEST_POSTGRES_URL")
        .expect("NORDBRO_TEST_POSTGRES_URL names a PostgreSQL server for the tests; ./test starts one");
    let options: PgConnectOptions = url.parse().unwrap();
    PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(20))
        .connect_with(options)
        .await
        .unwrap()
}

const WHOSE: &str = "SELECT coalesce(current_setting('nordbro.partner', true), '') || '/' \
     || coalesce(current_setting('nordbro.environment', true), '') AS whose, \
     pg_backend_pid() AS backend, pg_backend_pid()::text || now()::text AS transaction";

fn ask(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, sql)
}

/// Whose the connection is outside any transaction of ours: nobody's.
async fn assert_nobodys(pool: &PgPool, after: &str) {
    let mut transactions = Vec::new();
    for _ in 0..2 {
        let row = sqlx::query(AssertSqlSafe(WHOSE)).fetch_one(pool).await.unwrap();
        assert_eq!(row.get::<String, _>("whose"), "/", "after {after}");
        transactions.push(row.get::<String, _>("transaction"));
    }
    // Two statements that began at the same instant are of one transaction, which nobody has ended.
    assert_ne!(
        transactions[0], transactions[1],
        "still within a transaction after {after}"
    );
}

async fn whose(transaction: &Transaction) -> String {
    let row = transaction.query_one(ask(WHOSE)).await.unwrap().unwrap();
    row.try_get("", "whose").unwrap()
}

#[tokio::test]
async fn whose_a_transaction_is_ends_with_it_in_whatever_way_it_ends() {
    let pool = one_connection().await;
    for mode in [Mode::Read, Mode::Write] {
        let begin = async || Transaction::begin(&pool, mode, NORTH).await.unwrap();
        let transaction = begin().await;
        assert_eq!(whose(&transaction).await, format!("{}/test", Uuid::from_u128(1)));
        transaction.commit().await.unwrap();
        assert_nobodys(&pool, "a commit").await;

        begin().await.rollback().await.unwrap();
        assert_nobodys(&pool, "a rollback").await;

        drop(begin().await);
        assert_nobodys(&pool, "a drop").await;

        let transaction = begin().await;
        assert!(transaction.execute_unprepared("SELECT 1/0").await.is_err());
        drop(transaction);
        assert_nobodys(&pool, "an error").await;

        let transaction = begin().await;
        assert!(
            transaction
                .execute(ask("SELECT nothing FROM nowhere"))
                .await
                .is_err()
        );
        transaction.rollback().await.unwrap();
        assert_nobodys(&pool, "an error and a rollback").await;

        let transaction = begin().await;
        {
            let mut slow = pin!(transaction.query_all(ask("SELECT pg_sleep(0.3)")));
            poll_some(slow.as_mut(), 3).await;
        }
        drop(transaction);
        assert_nobodys(&pool, "a statement that nobody waited for").await;

        // The next one is somebody else's, and whose it is nobody's remainder.
        let other = Transaction::begin(&pool, mode, SOUTH).await.unwrap();
        assert_eq!(whose(&other).await, format!("{}/production", Uuid::from_u128(2)));
        drop(other);
        let across = Transaction::begin(&pool, mode, None).await.unwrap();
        assert_eq!(whose(&across).await, "/");
    }
}

/// Polls so many times and lets the runtime look at its sockets in between. Says whether it ended.
async fn poll_some<F: Future>(mut future: std::pin::Pin<&mut F>, times: usize) -> bool {
    for _ in 0..times {
        let ended =
            std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn a_beginning_that_is_given_up_at_any_point_leaves_nothing_behind() {
    let pool = one_connection().await;
    let mut given_up = 0;
    for times in 0..40 {
        let ended = {
            let mut beginning = pin!(Transaction::begin(&pool, Mode::Write, NORTH));
            poll_some(beginning.as_mut(), times).await
        };
        given_up += usize::from(!ended);
        assert_nobodys(
            &pool,
            &format!("a beginning that was given up after {times} looks"),
        )
        .await;
    }
    assert!(given_up > 1, "every beginning came to its end");
}

#[tokio::test]
async fn a_transaction_begins_on_another_connection_when_the_server_has_closed_one() {
    let pool = one_connection().await;
    let other = one_connection().await;
    let row = sqlx::query(AssertSqlSafe(WHOSE)).fetch_one(&pool).await.unwrap();
    let backend: i32 = row.get("backend");
    sqlx::query(AssertSqlSafe(format!("SELECT pg_terminate_backend({backend})")))
        .execute(&other)
        .await
        .unwrap();
    let transaction = Transaction::begin(&pool, Mode::Write, NORTH).await.unwrap();
    assert_eq!(whose(&transaction).await, format!("{}/test", Uuid::from_u128(1)));
}
