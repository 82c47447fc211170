//! Sales units that Vipps refuses with the keys they have.
//!
//! Expand only. A row stands while the unit is disconnected and names the keys it is about: newer keys start
//! with a clean slate. Gateways of the previous release do not know the table.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, "DROP TABLE disconnections").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
CREATE TABLE disconnections (
    assignment_id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    key_set_id uuid NOT NULL,
    key_set_version bigint NOT NULL,
    status smallint NOT NULL,
    because text NOT NULL,
    since bigint NOT NULL,
    FOREIGN KEY (assignment_id, partner_id, environment) REFERENCES assignments (id, partner_id, environment)
);
CREATE INDEX ix_disconnections_owner ON disconnections (partner_id, environment)
";
