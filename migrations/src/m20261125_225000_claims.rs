//! Claims on sales units, how they were proven, and what the last look at each unit found.
//!
//! Expand only. `assignments.market` is each partner's own word: the one of `sales_units` is whoever's came
//! first, and would tell a second partner that there was a first. Gateways of the previous release leave it
//! empty; it is then taken from `sales_units` as before. What is live was checked by the operator.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What stands there already is copied by the owner, who sees no row while the wall is forced on it too.
        forced(manager, "NO FORCE").await?;
        crate::script::run(manager, UP).await?;
        forced(manager, "FORCE").await?;
        for wall in WALLS {
            wall.raise(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Wall::round("disconnections")
            .app("SELECT, INSERT, DELETE")
            .system("SELECT")
            .raise(manager)
            .await?;
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Whether the wall holds for the owner too.
async fn forced(manager: &SchemaManager<'_>, force: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        for table in ["assignments", "sales_units"] {
            let statement = format!("ALTER TABLE {table} {force} ROW LEVEL SECURITY");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
    }
    Ok(())
}

/// Looks are taken, and what follows from them is written, across partners.
const WALLS: [Wall; 3] = [
    Wall::round("claims")
        .app("SELECT")
        .system("SELECT, INSERT, DELETE"),
    Wall::round("unit_checks")
        .app("SELECT, INSERT, UPDATE, DELETE")
        .system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("disconnections")
        .app("SELECT, INSERT, DELETE")
        .system("SELECT, INSERT, DELETE"),
];

const UP: &str = "
ALTER TABLE assignments ADD COLUMN market text;
UPDATE assignments SET market = (
    SELECT sales_units.market FROM sales_units WHERE sales_units.id = assignments.sales_unit_id
);

CREATE TABLE claims (
    assignment_id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    proof text NOT NULL CHECK (proof IN ('own_keys', 'management', 'product_order', 'operator')),
    key_set_id uuid,
    actor text NOT NULL,
    reason text NOT NULL,
    proven_at bigint NOT NULL,
    FOREIGN KEY (assignment_id, partner_id, environment) REFERENCES assignments (id, partner_id, environment)
);
INSERT INTO claims (assignment_id, partner_id, environment, proof, actor, reason, proven_at)
SELECT id, partner_id, environment, 'operator', 'operator', 'live before claims were recorded', created_at
FROM assignments WHERE state = 'live';

CREATE TABLE unit_checks (
    assignment_id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    key_set_id uuid,
    key_set_version bigint,
    trouble text,
    since bigint,
    checked_at bigint,
    due_at bigint NOT NULL,
    CHECK ((trouble IS NULL) = (since IS NULL)),
    FOREIGN KEY (assignment_id, partner_id, environment) REFERENCES assignments (id, partner_id, environment)
);
CREATE INDEX ix_unit_checks_due ON unit_checks (due_at);
INSERT INTO unit_checks (assignment_id, partner_id, environment, due_at)
SELECT id, partner_id, environment, created_at FROM assignments WHERE state = 'live'
";

const DOWN: &str = "
DROP TABLE unit_checks;
DROP TABLE claims;
ALTER TABLE assignments DROP COLUMN market
";
