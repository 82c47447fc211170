//! Product orders: what partners have prefilled for their merchants, and what came of it. Expand only.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        // A job finds what is due, and the operator sees how far an order has come; neither opens what is sealed.
        Wall::round("product_orders")
            .app("SELECT, INSERT, UPDATE, DELETE")
            .system(
                "SELECT (id, partner_id, environment, merchant_id, product_type, status, vipps_id, msn, tries, due_at, \
                 expires_at, checked_at, created_at, ended_at)",
            )
            .raise(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, "DROP TABLE product_orders").await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
CREATE TABLE product_orders (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    merchant_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    upstream_key text NOT NULL,
    generation integer NOT NULL,
    key_set_id uuid NOT NULL,
    scheme text NOT NULL,
    number text NOT NULL,
    product_type text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'received', 'merchant_viewed', 'order_submitted', 'completed',
        'rejected', 'expired', 'deleted', 'refused', 'not_created')),
    is_released boolean NOT NULL,
    is_unwanted boolean NOT NULL,
    request BLOB NOT NULL,
    link BLOB,
    answer BLOB,
    vipps_id text,
    msn text,
    tries integer NOT NULL,
    sent_at bigint NOT NULL,
    due_at bigint,
    fence bigint NOT NULL,
    lease_until bigint,
    expires_at bigint,
    checked_at bigint,
    created_at bigint NOT NULL,
    ended_at bigint,
    CONSTRAINT uq_product_orders_key UNIQUE (partner_id, environment, key),
    CONSTRAINT uq_product_orders_vipps UNIQUE (environment, vipps_id),
    CHECK (due_at IS NULL OR ended_at IS NULL),
    CHECK (msn IS NULL OR status = 'completed'),
    FOREIGN KEY (merchant_id, partner_id, environment) REFERENCES merchants (id, partner_id, environment)
);
CREATE INDEX ix_product_orders_due ON product_orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_product_orders_partner ON product_orders (partner_id, environment, id)
";
