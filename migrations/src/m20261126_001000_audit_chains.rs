//! The audit as one chain for each partner and one for the gateway as a whole, append-only by the database's
//! own word.
//!
//! It takes the place of a table that no release has written to: that one had a chain for each partner and
//! environment, had no room for acts on the gateway as a whole, and kept a partner from being removed. `chain`
//! is the partner's id, or all zeros. `audit_heads` is the last entry of each chain, moved on in the
//! transaction that adds an entry, so that a tail that was cut off is missed. Neither table refers to
//! `partners`: what was done stays when its partner is gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        for statement in if postgres { POSTGRES } else { SQLITE } {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Wall::round("audit")
            .app("SELECT, INSERT")
            .system("SELECT, INSERT")
            .raise(manager)
            .await?;
        // The operator looks up ended operations too: whose they are, and nothing of what they say.
        Wall::round("operations")
            .app("SELECT, INSERT, UPDATE")
            .system(
                "SELECT (id, partner_id, environment, payment_id, assignment_id, status, first_sent_at, next_step_at)",
            )
            .raise(manager)
            .await?;
        Wall::round("audit_heads")
            .app("SELECT, INSERT, UPDATE (sequence, hash, seal)")
            .app_sees("partner_id = nullif(current_setting('nordbro.partner', true), '')::uuid")
            .system("SELECT, INSERT, UPDATE (sequence, hash, seal)")
            .raise(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, DOWN).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            for statement in [
                "DROP FUNCTION audit_is_append_only()",
                "DROP FUNCTION audit_head_moves_on()",
            ] {
                manager.get_connection().execute_unprepared(statement).await?;
            }
        }
        Wall::round("audit")
            .app("SELECT, INSERT")
            .system("SELECT, INSERT")
            .raise(manager)
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
DROP TABLE audit;
CREATE TABLE audit (
    id uuid NOT NULL PRIMARY KEY,
    chain uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    partner_id uuid,
    environment text CHECK (environment IN ('test', 'production')),
    at bigint NOT NULL,
    actor text NOT NULL,
    executor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    hash text NOT NULL,
    seal text NOT NULL,
    CONSTRAINT uq_audit_sequence UNIQUE (chain, sequence)
);
CREATE INDEX ix_audit_target ON audit (target, action);
CREATE INDEX ix_audit_at ON audit (at);
CREATE TABLE audit_heads (
    chain uuid NOT NULL PRIMARY KEY,
    partner_id uuid,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    hash text NOT NULL,
    seal text NOT NULL
);
";

const DOWN: &str = "
DROP TABLE audit_heads;
DROP TABLE audit;
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
";

/// Also for the tables' owner, until it drops the triggers; then the chain tells.
const POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'restrict_violation';
     END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
     FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    "CREATE FUNCTION audit_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         IF NEW.sequence <> OLD.sequence + 1 OR NEW.chain <> OLD.chain THEN
             RAISE EXCEPTION 'the head of an audit moves one entry on' USING ERRCODE = 'restrict_violation';
         END IF;
         RETURN NEW;
     END $$",
    "CREATE TRIGGER audit_heads_move_on BEFORE UPDATE ON audit_heads
     FOR EACH ROW EXECUTE FUNCTION audit_head_moves_on()",
    "CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
     FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_heads_no_truncate BEFORE TRUNCATE ON audit_heads
     FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
];

/// `INSERT OR REPLACE` deletes without asking the trigger for deletions, hence those for insertions.
const SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
     WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR (chain = NEW.chain AND sequence = NEW.sequence))
     BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_heads_move_on BEFORE UPDATE ON audit_heads
     WHEN NEW.sequence <> OLD.sequence + 1 OR NEW.chain <> OLD.chain
     BEGIN SELECT RAISE(ABORT, 'the head of an audit moves one entry on'); END",
    "CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
     BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_heads_no_replace BEFORE INSERT ON audit_heads
     WHEN EXISTS (SELECT 1 FROM audit_heads WHERE chain = NEW.chain)
     BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
];
