//! Payments that came about after the caller of their create had left, until somebody has decided what
//! becomes of them.

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
CREATE TABLE late_payments (
    operation_id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL,
    tries integer NOT NULL,
    next_try_at bigint NOT NULL,
    found_at bigint NOT NULL,
    FOREIGN KEY (operation_id, partner_id, environment) REFERENCES operations (id, partner_id, environment)
);
CREATE INDEX ix_late_payments_due ON late_payments (next_try_at);
";

const DOWN: &str = "
DROP TABLE late_payments;
";
