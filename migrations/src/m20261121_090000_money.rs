//! Money: payments, the operations on them, every single send, the callers' keys, and the receipts that
//! are to go out.
//!
//! A payment belongs to an assignment, because a sales unit may change its partner. `busy_with`, `owner`,
//! `fence` and `lease_until` make one process the owner of its money at a time. Sealed columns: `reading`,
//! `created`, `envelope`, `answer`, `body`, `reason`.

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
CREATE TABLE payments (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    assignment_id uuid NOT NULL,
    msn text NOT NULL,
    reference text NOT NULL,
    presence text NOT NULL CHECK (presence IN ('expected', 'present', 'burnt')),
    found_late boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('CREATED', 'AUTHORIZED', 'ABORTED', 'EXPIRED', 'TERMINATED')),
    currency text NOT NULL,
    value bigint NOT NULL,
    authorized bigint NOT NULL,
    captured bigint NOT NULL,
    refunded bigint NOT NULL,
    cancelled bigint NOT NULL,
    psp_reference text,
    reading BLOB,
    reading_version bigint,
    created BLOB,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL,
    busy_with uuid,
    owner uuid,
    fence bigint NOT NULL,
    lease_until bigint,
    CONSTRAINT uq_payments_reference UNIQUE (assignment_id, reference),
    CONSTRAINT uq_payments_owner UNIQUE (id, partner_id, environment),
    FOREIGN KEY (assignment_id, partner_id, environment) REFERENCES assignments (id, partner_id, environment)
);

CREATE TABLE operations (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    payment_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    msn text NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('create', 'capture', 'refund', 'cancel')),
    status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'refused', 'unknown', 'not_created', 'abandoned')),
    currency text,
    value bigint,
    idempotency_key text NOT NULL,
    upstream_key text NOT NULL,
    generation integer NOT NULL,
    client_id text NOT NULL,
    envelope BLOB NOT NULL,
    answer BLOB,
    release text CHECK (release IN ('not_sent', 'rejected')),
    in_doubt boolean NOT NULL,
    sends integer NOT NULL,
    first_sent_at bigint NOT NULL,
    last_sent_at bigint NOT NULL,
    rounds integer NOT NULL,
    missing integer NOT NULL,
    next_step_at bigint,
    created_at bigint NOT NULL,
    settled_at bigint,
    CHECK ((currency IS NULL) = (value IS NULL)),
    CHECK ((next_step_at IS NULL) = (status NOT IN ('pending', 'unknown'))),
    CONSTRAINT uq_operations_owner UNIQUE (id, partner_id, environment),
    FOREIGN KEY (payment_id, partner_id, environment) REFERENCES payments (id, partner_id, environment)
);
CREATE INDEX ix_operations_payment ON operations (payment_id);
CREATE INDEX ix_operations_key ON operations (partner_id, environment, msn, idempotency_key);
CREATE INDEX ix_operations_due ON operations (next_step_at) WHERE next_step_at IS NOT NULL;

CREATE TABLE attempts (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL,
    operation_id uuid NOT NULL,
    msn text NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL,
    fence bigint NOT NULL,
    sent_at bigint NOT NULL,
    ended_at bigint,
    outcome text CHECK (outcome IN ('accepted', 'rejected', 'not_sent', 'unknown')),
    FOREIGN KEY (operation_id, partner_id, environment) REFERENCES operations (id, partner_id, environment)
);
CREATE INDEX ix_attempts_operation ON attempts (operation_id);
CREATE INDEX ix_attempts_budget ON attempts (partner_id, environment, msn, reference, kind, sent_at);

CREATE TABLE idempotency_keys (
    partner_id uuid NOT NULL,
    environment text NOT NULL,
    msn text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    operation_id uuid NOT NULL,
    bound_at bigint NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (partner_id, environment, msn, key),
    FOREIGN KEY (operation_id, partner_id, environment) REFERENCES operations (id, partner_id, environment)
);

CREATE TABLE receipts (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    payment_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    msn text NOT NULL,
    reference text NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'sent', 'refused')),
    fingerprint text NOT NULL,
    currency text NOT NULL,
    sum bigint NOT NULL,
    body BLOB NOT NULL,
    reason BLOB,
    tries integer NOT NULL,
    next_try_at bigint,
    fence bigint NOT NULL,
    lease_until bigint,
    created_at bigint NOT NULL,
    ended_at bigint,
    CHECK ((next_try_at IS NULL) = (status <> 'queued')),
    CONSTRAINT uq_receipts_payment UNIQUE (payment_id),
    FOREIGN KEY (payment_id, partner_id, environment) REFERENCES payments (id, partner_id, environment)
);
CREATE INDEX ix_receipts_due ON receipts (next_try_at) WHERE next_try_at IS NOT NULL;
";

const DOWN: &str = "
DROP TABLE receipts;
DROP TABLE idempotency_keys;
DROP TABLE attempts;
DROP TABLE operations;
DROP TABLE payments;
";
