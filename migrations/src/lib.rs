//! The schema's history: forward only, each step expand-and-contract so that the previous release keeps
//! running beside it. A migration states the schema as it was that day and imports no entity.

use std::time::Duration;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};

mod file;
mod m20261121_080000_registry;
mod m20261121_090000_money;
mod m20261125_200000_disconnections;
mod m20261125_203000_api_calls;
mod m20261125_204000_audit;
mod m20261125_205000_late_payments;
mod m20261125_210000_wall;
mod m20261125_225000_claims;
mod m20261125_233000_lookups;
mod m20261125_234000_retention;
mod m20261126_000000_data_keys;
mod m20261126_000500_bodies;
mod m20261126_001000_audit_chains;
mod m20261126_001100_revocations;
mod m20261126_020000_grants;
mod m20261126_024000_transfers;
mod m20261126_031000_product_orders;
mod m20261126_033500_key_switches;
mod m20261126_055000_abandoned_receipts;
mod m20261126_055500_index_of_nothing;
mod m20261126_060000_operator_tokens;
mod script;
mod users;
pub mod wall;

pub use file::{file_of, make_for_owner};
pub use sea_orm_migration::MigratorTrait;
pub use users::{Users, admit};

/// Every migration, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_080000_registry::Migration),
            Box::new(m20261121_090000_money::Migration),
            Box::new(m20261125_200000_disconnections::Migration),
            Box::new(m20261125_203000_api_calls::Migration),
            Box::new(m20261125_204000_audit::Migration),
            Box::new(m20261125_205000_late_payments::Migration),
            Box::new(m20261125_210000_wall::Migration),
            Box::new(m20261125_225000_claims::Migration),
            Box::new(m20261125_233000_lookups::Migration),
            Box::new(m20261125_234000_retention::Migration),
            Box::new(m20261126_000000_data_keys::Migration),
            Box::new(m20261126_000500_bodies::Migration),
            Box::new(m20261126_001000_audit_chains::Migration),
            Box::new(m20261126_001100_revocations::Migration),
            Box::new(m20261126_020000_grants::Migration),
            Box::new(m20261126_024000_transfers::Migration),
            Box::new(m20261126_031000_product_orders::Migration),
            Box::new(m20261126_033500_key_switches::Migration),
            Box::new(m20261126_055000_abandoned_receipts::Migration),
            Box::new(m20261126_055500_index_of_nothing::Migration),
            Box::new(m20261126_060000_operator_tokens::Migration),
        ]
    }
}

/// The key of the advisory lock that keeps two migrators apart on PostgreSQL: "nordbro" in ASCII.
const LOCK: i64 = 0x6e_6f_72_64_62_72_6f;

/// Brings the database at `url` (`sqlite:…` or `postgres://…`) to the newest schema. On PostgreSQL an
/// advisory lock makes a second migrator wait and then find nothing to do.
///
/// # Errors
/// The database cannot be reached, or a migration failed (it is rolled back as a whole).
pub async fn run(url: &str) -> Result<(), DbErr> {
    let connection = connect(url).await?;
    let migrated = if connection.get_database_backend() == DbBackend::Postgres {
        locked(&connection).await
    } else {
        Migrator::up(&connection, None).await
    };
    let closed = connection.close().await;
    migrated.and(closed)
}

/// How many migrations the database still lacks; changes nothing.
///
/// # Errors
/// The database cannot be reached.
pub async fn pending(connection: &DatabaseConnection) -> Result<usize, DbErr> {
    Ok(Migrator::get_pending_migrations_read_only(connection)
        .await?
        .len())
}

async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1).sqlx_logging(false);
    // A pool tries a server that refuses again and again until this time is over.
    options.acquire_timeout(Duration::from_secs(5));
    options.map_sqlx_sqlite_opts(|sqlite| {
        // What goes wrong here goes wrong again when the file is opened, and is told there.
        drop(make_for_owner(sqlite.get_filename()));
        sqlite.create_if_missing(true).foreign_keys(true)
    });
    Database::connect(options).await
}

async fn locked(connection: &DatabaseConnection) -> Result<(), DbErr> {
    // One connection, so the session that takes the lock is the one that migrates and releases it.
    connection
        .execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})"))
        .await?;
    let migrated = Migrator::up(connection, None).await;
    let released = connection
        .execute_unprepared(&format!("SELECT pg_advisory_unlock({LOCK})"))
        .await;
    migrated.and(released.map(drop))
}
