//! Sales units on their way from one partner to another.
//!
//! Expand only. `assignments.closing` is empty while money may be begun; gateways of the previous release do not know
//! it and go by `state` alone, so all of them give way to this release before a transfer is asked for. A transfer is
//! its asker's row: whom the unit comes from is for background work and the operator.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        Wall::round("transfers")
            .app("SELECT (id, partner_id, environment, assignment_id, msn, stage, asked_at, ended_at)")
            .system("SELECT, INSERT, UPDATE")
            .raise(manager)
            .await?;
        receipts("SELECT (id, partner_id, environment, assignment_id, next_try_at)")
            .raise(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        receipts("SELECT (id, partner_id, environment, next_try_at)")
            .raise(manager)
            .await?;
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// A receipt that has not gone out yet is part of what a holder began.
fn receipts(system: &'static str) -> Wall {
    Wall::round("receipts")
        .app("SELECT, INSERT, UPDATE, DELETE")
        .system(system)
        .system_sees("next_try_at IS NOT NULL")
}

const UP: &str = "
ALTER TABLE assignments ADD COLUMN closing text CHECK (closing IN ('draining', 'frozen', 'moved'));

CREATE TABLE transfers (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    assignment_id uuid NOT NULL,
    msn text NOT NULL,
    from_partner_id uuid,
    from_assignment_id uuid,
    stage text NOT NULL CHECK (stage IN ('waiting', 'draining', 'frozen', 'completed', 'refused')),
    forced boolean NOT NULL,
    asked_at bigint NOT NULL,
    drain_until bigint,
    frozen_at bigint,
    ended_at bigint,
    CHECK ((from_partner_id IS NULL) = (from_assignment_id IS NULL)),
    CHECK ((ended_at IS NULL) = (stage NOT IN ('completed', 'refused'))),
    CHECK (stage NOT IN ('draining', 'frozen') OR (from_assignment_id IS NOT NULL AND drain_until IS NOT NULL)),
    CHECK (stage <> 'frozen' OR frozen_at IS NOT NULL),
    FOREIGN KEY (assignment_id, partner_id, environment) REFERENCES assignments (id, partner_id, environment),
    FOREIGN KEY (from_assignment_id, from_partner_id, environment) REFERENCES assignments (id, partner_id, environment)
);
CREATE UNIQUE INDEX uq_transfers_unit ON transfers (environment, msn) WHERE stage IN ('draining', 'frozen');
CREATE UNIQUE INDEX uq_transfers_open ON transfers (assignment_id) WHERE ended_at IS NULL;
CREATE INDEX ix_transfers_assignment ON transfers (assignment_id);
CREATE INDEX ix_operations_open ON operations (assignment_id) WHERE next_step_at IS NOT NULL;
CREATE INDEX ix_receipts_open ON receipts (assignment_id) WHERE next_try_at IS NOT NULL;
CREATE INDEX ix_assignments_closed ON assignments (environment, msn) WHERE state = 'ended';
";

const DOWN: &str = "
DROP INDEX ix_assignments_closed;
DROP INDEX ix_receipts_open;
DROP INDEX ix_operations_open;
DROP TABLE transfers;
ALTER TABLE assignments DROP COLUMN closing
";
