//! What was done by hand, and by whom: append-only, each entry chained to the one before it.
//!
//! `before` and `after` are JSON without secrets. `link` is a keyed fingerprint of the entry and of the link
//! before it, so that neither a changed nor a missing entry goes unnoticed. Abandoned operations are found by
//! the payment whose evidence may still come.

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
CREATE TABLE audit (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    sequence bigint NOT NULL CHECK (sequence > 0),
    at bigint NOT NULL,
    actor text NOT NULL,
    executor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    link text NOT NULL,
    CONSTRAINT uq_audit_sequence UNIQUE (partner_id, environment, sequence)
);
CREATE INDEX ix_audit_target ON audit (partner_id, environment, target);
CREATE INDEX ix_operations_abandoned ON operations (assignment_id, reference) WHERE status = 'abandoned';
";

const DOWN: &str = "
DROP INDEX ix_operations_abandoned;
DROP TABLE audit;
";
