//! Finding what is old enough to be forgotten, and the key of an operation, without reading a whole table; and
//! the right of background work to forget it.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

const ATTEMPTS: Wall = Wall::round("attempts").app("SELECT, INSERT, UPDATE");
const KEYS: Wall = Wall::round("idempotency_keys").app("SELECT, INSERT, DELETE");

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        let attempts = ATTEMPTS.system("SELECT (id, operation_id, sent_at), DELETE");
        attempts.raise(manager).await?;
        let keys = KEYS.system("SELECT (operation_id, bound_at), DELETE");
        keys.raise(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        KEYS.raise(manager).await?;
        ATTEMPTS.raise(manager).await?;
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
