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
    let told = run(&["migrate"], &[("NORDBRO__DATABASE__MIGRATE_URL", &url)]);
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(error.contains(&closed.to_string()), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

/// A migrated database, and what the two users of a gateway are reached by.
async fn walled(name: &str) -> (String, migrations::Users) {
    let url = empty_postgres(name).await;
    migrations::run(&url).await.unwrap();
    let users = migrations::admit(&url).await.unwrap();
    (url, users)
}

#[tokio::test]
async fn a_gateway_does_not_start_as_a_user_whom_the_wall_does_not_hold_back() {
    let (owner, users) = walled("process_wall").await;
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    std::fs::write(&keys, store::Keyring::generate().unwrap().reveal()).unwrap();
    let keys = keys.display().to_string();
    for (url, system_url, reason) in [
        (owner.as_str(), users.system.as_str(), "superuser"),
        (&users.app, &owner, "superuser"),
        (&users.system, &users.app, "other role's group"),
        (&users.app, "", "database.system_url"),
        (&users.app, &users.app, "same user"),
    ] {
        let told = run(
            &["serve"],
            &[
                ("NORDBRO__DATABASE__URL", url),
                ("NORDBRO__DATABASE__SYSTEM_URL", system_url),
                ("NORDBRO__SEALING__KEY_FILE", &keys),
                ("NORDBRO__PUBLIC__LISTEN", "127.0.0.1:0"),
                ("NORDBRO__PRIVATE__LISTEN", "127.0.0.1:0"),
            ],
        );
        let error = text(&told.stderr) + &text(&told.stdout);
        assert_eq!(told.status.code(), Some(1), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn the_tables_do_not_come_to_belong_to_the_user_who_serves_partners() {
    let told = run(
        &["migrate"],
        &[
            ("NORDBRO__DATABASE__URL", "postgres://nordbro:hunter2@db/nordbro"),
            (
                "NORDBRO__DATABASE__SYSTEM_URL",
                "postgres://across:hunter2@db/nordbro",
            ),
        ],
    );
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(error.contains("database.migrate_url is empty"), "{error}");
}
