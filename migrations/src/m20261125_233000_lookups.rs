//! Indexes that a look-up can use whatever is known of it when its plan is made: the partial ones need their
//! condition in the query's text.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(
            manager,
            "DROP INDEX ix_key_sets_assignment; DROP INDEX ix_assignments_msn",
        )
        .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
CREATE INDEX ix_key_sets_assignment ON key_sets (assignment_id);
CREATE INDEX ix_assignments_msn ON assignments (partner_id, environment, msn);
";
