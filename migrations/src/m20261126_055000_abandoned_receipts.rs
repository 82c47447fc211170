//! Why a receipt is not tried any more.
//!
//! Expand only. Beside it the status is `refused`, the only word for the end of one that was not sent that gateways of
//! the previous release know.

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
ALTER TABLE receipts ADD COLUMN abandoned text CHECK (abandoned IN ('unit_moved', 'unit_ended'))
";

const DOWN: &str = "
ALTER TABLE receipts DROP COLUMN abandoned
";
