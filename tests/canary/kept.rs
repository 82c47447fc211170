//! Reading a database whole, past every rule of ours.

use sea_orm::{ConnectionTrait, Database as Orm, DatabaseConnection, Statement};
use testkit::{Database, Kind};

/// Everything that is kept: the files of SQLite as they lie on the disk, every row of every table of PostgreSQL.
pub(crate) async fn bytes(database: &Database) -> Vec<u8> {
    match database.kind {
        Kind::Sqlite => files(database),
        Kind::Postgres => rows(database).await.into_bytes(),
    }
}

fn files(database: &Database) -> Vec<u8> {
    let path = database.url.trim_start_matches("sqlite:");
    let mut all = Vec::new();
    for end in ["", "-wal", "-journal"] {
        all.extend(std::fs::read(format!("{path}{end}")).unwrap_or_default());
    }
    all
}

async fn rows(database: &Database) -> String {
    let connection = Orm::connect(&database.url).await.unwrap();
    let tables = texts(
        &connection,
        "SELECT table_name::text AS t FROM information_schema.tables WHERE table_schema = 'public'",
    )
    .await;
    assert!(tables.len() > 10, "{tables:?}");
    let mut all = String::new();
    for table in tables {
        for row in texts(&connection, &format!("SELECT r::text AS t FROM \"{table}\" r")).await {
            all.push_str(&row);
            all.push('\n');
        }
    }
    connection.close().await.unwrap();
    all
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql.to_owned());
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "t").unwrap()).collect()
}
