//! Data keys: what an owner's rows are sealed with, wrapped under a key of the key file.
//!
//! Expand only. `partner_id` is null for the gateway's own. One key of an owner is not retired: new rows are
//! sealed with it. `wrapped_under` is the id of the key file's key, to find what has to be wrapped anew.
//! `fingerprint_keys` holds what makes keyed fingerprints, under the id of the key file's key they come from,
//! so that fingerprints outlive that key. The indexes find the bodies of one partner in pages.

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

const WALLS: [Wall; 3] = [
    // Wrapped, so of no use without the key file. A partner's rows need its own key, and the gateway's where the
    // operator's keys serve it.
    Wall::round("data_keys")
        .app("SELECT")
        .app_sees(
            "(partner_id = nullif(current_setting('nordbro.partner', true), '')::uuid OR partner_id IS NULL) \
             AND nullif(current_setting('nordbro.partner', true), '') IS NOT NULL",
        )
        .system("SELECT, INSERT, UPDATE"),
    Wall::round("fingerprint_keys").system("SELECT, INSERT, UPDATE"),
    // As they stood, and sealed anew when keys rotate.
    Wall::round("signing_keys").system("SELECT, INSERT, UPDATE (sealed), DELETE"),
];

const UP: &str = "
CREATE TABLE data_keys (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid REFERENCES partners (id) ON DELETE CASCADE,
    generation integer NOT NULL,
    wrapped_under text NOT NULL,
    wrapped BLOB NOT NULL,
    retired_at bigint
);
CREATE UNIQUE INDEX uq_data_keys_partner ON data_keys (partner_id) WHERE retired_at IS NULL AND partner_id IS NOT NULL;
CREATE UNIQUE INDEX uq_data_keys_gateway ON data_keys ((partner_id IS NULL)) WHERE retired_at IS NULL AND partner_id IS NULL;
CREATE INDEX ix_data_keys_owner ON data_keys (partner_id, generation);
CREATE INDEX ix_data_keys_wrapped_under ON data_keys (wrapped_under, id);

CREATE TABLE fingerprint_keys (
    id text NOT NULL PRIMARY KEY,
    wrapped_under text NOT NULL,
    wrapped BLOB NOT NULL
);

CREATE INDEX ix_payments_page ON payments (partner_id, environment, id);
CREATE INDEX ix_operations_page ON operations (partner_id, environment, id);
CREATE INDEX ix_receipts_page ON receipts (partner_id, environment, id);
";

const DOWN: &str = "
DROP INDEX ix_receipts_page;
DROP INDEX ix_operations_page;
DROP INDEX ix_payments_page;
DROP TABLE fingerprint_keys;
DROP TABLE data_keys;
";
