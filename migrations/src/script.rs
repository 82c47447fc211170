//! Migrations as SQL that both databases read. What differs is one word: `BLOB` is `bytea` on PostgreSQL.
//!
//! Times are `bigint`, microseconds since 1970 UTC: `SQLite` would keep them as text of varying length,
//! which sorts wrongly within a second.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs the statements of `script`, separated by semicolons, in order.
pub(crate) async fn run(manager: &SchemaManager<'_>, script: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    for statement in script.split(';').map(str::trim).filter(|sql| !sql.is_empty()) {
        if postgres {
            connection
                .execute_unprepared(&statement.replace(" BLOB", " bytea"))
                .await?;
        } else {
            connection.execute_unprepared(statement).await?;
        }
    }
    Ok(())
}
