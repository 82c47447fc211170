//! How long partners' bodies are kept, and by whom a customer's are found.
//!
//! Expand only. `retentions` holds what differs from the default. `forgotten_at` marks rows whose sealed bodies are gone
//! and whose facts stay: an envelope and a receipt's body are then empty. `erased_at` marks payments of which nothing
//! that Vipps says about the customer is kept from then on. `customers` is the blind index: the keyed fingerprint of a
//! telephone number beside the payment that holds it.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        for wall in WALLS {
            wall.raise(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const WALLS: [Wall; 2] = [
    Wall::round("retentions").system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("customers").app("SELECT, INSERT, DELETE"),
];

const UP: &str = "
CREATE TABLE retentions (
    partner_id uuid NOT NULL REFERENCES partners (id) ON DELETE CASCADE,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    days integer NOT NULL CHECK (days > 0),
    CONSTRAINT pk_retentions PRIMARY KEY (partner_id, environment)
);

CREATE TABLE customers (
    payment_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    environment text NOT NULL,
    phone text NOT NULL,
    CONSTRAINT pk_customers PRIMARY KEY (payment_id, phone),
    FOREIGN KEY (payment_id, partner_id, environment) REFERENCES payments (id, partner_id, environment)
);
CREATE INDEX ix_customers_phone ON customers (partner_id, environment, phone);

ALTER TABLE payments ADD COLUMN erased_at bigint;
ALTER TABLE operations ADD COLUMN forgotten_at bigint;
ALTER TABLE receipts ADD COLUMN forgotten_at bigint;
CREATE INDEX ix_payments_bodies ON payments (partner_id, environment, created_at) WHERE reading IS NOT NULL OR created IS NOT NULL;
CREATE INDEX ix_operations_bodies ON operations (partner_id, environment, settled_at) WHERE forgotten_at IS NULL;
CREATE INDEX ix_receipts_bodies ON receipts (partner_id, environment, ended_at) WHERE forgotten_at IS NULL;
";

const DOWN: &str = "
DROP INDEX ix_receipts_bodies;
DROP INDEX ix_operations_bodies;
DROP INDEX ix_payments_bodies;
ALTER TABLE receipts DROP COLUMN forgotten_at;
ALTER TABLE operations DROP COLUMN forgotten_at;
ALTER TABLE payments DROP COLUMN erased_at;
DROP TABLE customers;
DROP TABLE retentions;
";
