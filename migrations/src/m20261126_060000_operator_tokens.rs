//! Single tokens of operators that are taken back.
//!
//! Expand only: a gateway that does not know the table believes as before. Operators are the gateway's, not a partner's.

use sea_orm_migration::prelude::*;

use crate::wall::Wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        Wall::round("revoked_operator_tokens")
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

/// `iss` is the operators' issuer of then: it stands in the settings, so it has no row that could be named.
const UP: &str = "
CREATE TABLE revoked_operator_tokens (
    iss text NOT NULL,
    jti text NOT NULL,
    revoked_at bigint NOT NULL,
    until bigint NOT NULL,
    CONSTRAINT pk_revoked_operator_tokens PRIMARY KEY (iss, jti)
);
";

const DOWN: &str = "DROP TABLE revoked_operator_tokens;";
