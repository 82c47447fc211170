//! Finding what is old enough to be forgotten, and the key of an operation, without reading a whole table.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
CREATE INDEX ix_idempotency_keys_age ON idempotency_keys (bound_at);
CREATE INDEX ix_idempotency_keys_operation ON idempotency_keys (operation_id);
CREATE INDEX ix_attempts_age ON attempts (sent_at);
";

const DOWN: &str = "
DROP INDEX ix_attempts_age;
DROP INDEX ix_idempotency_keys_operation;
DROP INDEX ix_idempotency_keys_age;
";
