//! Taking trust back: an issuer or a client that is suspended without being forgotten, and single tokens.
//!
//! Expand only. A revoked token is kept until no clock could take it for valid any more.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        Wall::round("revoked_tokens")
            .system("SELECT, INSERT, DELETE")
            .raise(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `signer` is the issuer, or the client of our own issuer: within it a `jti` names one token (RFC 7519, 4.1.7).
const UP: &str = "
ALTER TABLE issuers ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended'));
ALTER TABLE clients ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended'));
CREATE TABLE revoked_tokens (
    signer uuid NOT NULL,
    jti text NOT NULL,
    partner_id uuid NOT NULL,
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    revoked_at bigint NOT NULL,
    until bigint NOT NULL,
    CONSTRAINT pk_revoked_tokens PRIMARY KEY (signer, jti)
);
CREATE INDEX ix_revoked_tokens_until ON revoked_tokens (until);
";

const DOWN: &str = "
DROP TABLE revoked_tokens;
ALTER TABLE clients DROP COLUMN state;
ALTER TABLE issuers DROP COLUMN state;
";
