//! When the secrets of replaced keys were erased.
//!
//! Expand only. Keys that are `retired` and not erased yet finish what was begun under them; gateways of the previous
//! release never erase any. Across partners it is asked whether anything is open under a client id.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        operations(
            "SELECT (id, partner_id, environment, payment_id, assignment_id, client_id, status, first_sent_at, \
             next_step_at)",
        )
        .raise(manager)
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        operations(
            "SELECT (id, partner_id, environment, payment_id, assignment_id, status, first_sent_at, next_step_at)",
        )
        .raise(manager)
        .await?;
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn operations(system: &'static str) -> Wall {
    Wall::round("operations")
        .app("SELECT, INSERT, UPDATE")
        .system(system)
}

const UP: &str = "
ALTER TABLE key_sets ADD COLUMN erased_at bigint;
CREATE INDEX ix_key_sets_retiring ON key_sets (environment) WHERE state = 'retired' AND erased_at IS NULL;
";

const DOWN: &str = "
DROP INDEX ix_key_sets_retiring;
ALTER TABLE key_sets DROP COLUMN erased_at
";
