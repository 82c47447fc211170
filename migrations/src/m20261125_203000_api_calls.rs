//! The ledger of API quality: how many calls to Vipps ended how, by partner, day, sales unit and endpoint.
//!
//! `day` counts days since 1970-01-01 UTC. `msn` and `code` are empty and `status` is 0 where there is none,
//! because a primary key has no gaps.

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
CREATE TABLE api_calls (
    partner_id uuid NOT NULL REFERENCES partners (id),
    environment text NOT NULL CHECK (environment IN ('test', 'production')),
    msn text NOT NULL,
    api text NOT NULL,
    endpoint text NOT NULL,
    day integer NOT NULL,
    blame text NOT NULL CHECK (blame IN ('nobody', 'caller', 'vipps', 'not_sent')),
    status integer NOT NULL,
    code text NOT NULL,
    calls bigint NOT NULL,
    last_at bigint NOT NULL,
    CONSTRAINT pk_api_calls PRIMARY KEY (partner_id, environment, msn, api, endpoint, day, blame, status, code)
);
CREATE INDEX ix_api_calls_day ON api_calls (day);
";

const DOWN: &str = "
DROP TABLE api_calls;
";
