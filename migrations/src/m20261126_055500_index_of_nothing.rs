//! The blind index holds nobody of whom nothing is kept.
//!
//! Until the index went with the last of a payment's bodies, rows stayed of payments whose operations or receipt came
//! to their end after the payment's own bodies. This takes away what was left then. Nothing is begun meanwhile on
//! PostgreSQL: to set the wall aside for their owner locks these tables until the migration has ended.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        forced(manager, "NO FORCE").await?;
        crate::script::run(manager, UP).await?;
        forced(manager, "FORCE").await
    }

    /// What is gone was of no use, and is not brought back.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Whether the wall holds for the owner too, who would else see no row. In the order in which money takes them.
async fn forced(manager: &SchemaManager<'_>, force: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        for table in ["payments", "operations", "receipts", "customers"] {
            let statement = format!("ALTER TABLE {table} {force} ROW LEVEL SECURITY");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
    }
    Ok(())
}

const UP: &str = "
DELETE FROM customers
WHERE NOT EXISTS (SELECT 1 FROM operations o WHERE o.payment_id = customers.payment_id AND o.forgotten_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.payment_id = customers.payment_id AND r.forgotten_at IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM payments p
        WHERE p.id = customers.payment_id AND (p.reading IS NOT NULL OR p.created IS NOT NULL)
    )
";
