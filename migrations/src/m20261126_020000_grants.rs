//! Rights that nothing uses are taken back, and one that is needed is given: what is known of a disconnected unit is
//! replaced in one statement.
//!
//! Gateways of the previous release keep running: they count calls as background work and never changed a serial
//! number's row.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rights = [
            SALES_UNITS.system("SELECT, INSERT"),
            API_CALLS.app("SELECT"),
            DISCONNECTIONS
                .app("SELECT, INSERT, UPDATE, DELETE")
                .system("SELECT, INSERT, UPDATE, DELETE"),
        ];
        for wall in rights {
            wall.raise(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rights = [
            SALES_UNITS.system("SELECT, INSERT, UPDATE"),
            API_CALLS.app("SELECT, INSERT, UPDATE"),
            DISCONNECTIONS
                .app("SELECT, INSERT, DELETE")
                .system("SELECT, INSERT, DELETE"),
        ];
        for wall in rights {
            wall.raise(manager).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const SALES_UNITS: Wall = Wall::round("sales_units")
    .app("SELECT")
    .app_sees("EXISTS (SELECT FROM assignments WHERE assignments.sales_unit_id = sales_units.id)");
const API_CALLS: Wall = Wall::round("api_calls").system("SELECT, INSERT, UPDATE, DELETE");
const DISCONNECTIONS: Wall = Wall::round("disconnections");
