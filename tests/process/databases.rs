use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};

use crate::binary::{nordbro, run, text};

/// An empty database on the test's PostgreSQL server, gone with the server.
pub(crate) async fn empty_postgres(name: &str) -> String {
    let server = std::env::var("NORDBRO_TEST_POSTGRES_URL")
        .expect("NORDBRO_TEST_POSTGRES_URL names no server: run ./test, which starts one");
    let connection = Database::connect(&server).await.unwrap();
    let name = format!("{name}_{}", std::process::id());
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

#[test]
fn migrating_twice_is_harmless_and_the_database_is_named_without_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
    for _ in 0..2 {
        let told = run(&["migrate"], &[("NORDBRO__DATABASE__URL", &url)]);
        assert!(told.status.success(), "{}", text(&told.stderr));
        assert!(text(&told.stdout).contains("has the newest schema"));
    }
}

#[tokio::test]
async fn two_migrations_at_once_on_an_empty_postgresql_both_succeed() {
    let url = empty_postgres("process_migrate").await;
    let variables = [
        ("NORDBRO__DATABASE__URL", "sqlite:unused"),
        ("NORDBRO__DATABASE__MIGRATE_URL", url.as_str()),
    ];
    let start = || {
        let mut command = nordbro(&["migrate"], &variables);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [start(), start(), start()];
    for child in both {
        let told = child.wait_with_output().unwrap();
        assert!(told.status.success(), "{}", text(&told.stderr));
        assert!(
            !text(&told.stdout).contains("postgres:postgres"),
            "{}",
            text(&told.stdout)
        );
    }
    let connection = Database::connect(&url).await.unwrap();
    let count = Statement::from_string(
        DbBackend::Postgres,
        "SELECT count(*) AS n FROM partners".to_owned(),
    );
    let row = connection.query_one_raw(count).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), 0);
}

#[test]
fn a_database_that_does_not_answer_is_told_with_its_address_and_without_its_password() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgres://nordbro:hunter2@{closed}/nordbro");
    let told = run(&["migrate"], &[("NORDBRO__DATABASE__URL", &url)]);
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(error.contains(&closed.to_string()), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}
