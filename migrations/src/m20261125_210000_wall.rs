//! The wall round every table there is so far, held by PostgreSQL: see [`crate::wall`].
//!
//! Gateways of the previous release connect as the owner and go on only where that is a superuser; elsewhere they
//! see no rows from here on. So all of them give way to this release at once.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::wall::{SYSTEM, Wall};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::script::run(manager, UP).await?;
        for wall in WALLS {
            wall.raise(manager).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            // A process starts only when it finds that no migration is missing.
            let history = format!("GRANT SELECT ON seaql_migrations TO {SYSTEM}");
            manager.get_connection().execute_unprepared(&history).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let history = format!("REVOKE SELECT ON seaql_migrations FROM {SYSTEM}");
            manager.get_connection().execute_unprepared(&history).await?;
        }
        for wall in WALLS {
            wall.raze(manager).await?;
        }
        crate::script::run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// For the rule by which a partner sees the sales units it was ever assigned.
const UP: &str = "
CREATE INDEX ix_assignments_unit ON assignments (sales_unit_id, partner_id);
";

const DOWN: &str = "
DROP INDEX ix_assignments_unit;
";

const WALLS: [Wall; 21] = [
    // Of the gateway as a whole.
    Wall::round("registry_version").system("SELECT, UPDATE (version)"),
    Wall::round("partners").system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("signing_keys").system("SELECT, INSERT, DELETE"),
    Wall::round("sales_units")
        .app("SELECT")
        .app_sees("EXISTS (SELECT FROM assignments WHERE assignments.sales_unit_id = sales_units.id)")
        .system("SELECT, INSERT, UPDATE"),
    // The registry: partners read what serves them, changes are the operator's.
    Wall::round("issuers").system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("clients").system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("client_secrets").system("SELECT, INSERT, DELETE"),
    Wall::round("client_assertions").system("SELECT, INSERT, DELETE"),
    Wall::round("product_profiles")
        .app("SELECT")
        .system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("merchants")
        .app("SELECT")
        .system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("assignments").app("SELECT").system("SELECT, INSERT, UPDATE"),
    // The operator's keys serve partners that have none.
    Wall::round("key_sets")
        .app("SELECT")
        .app_sees(
            "(partner_id = nullif(current_setting('nordbro.partner', true), '')::uuid OR kind = 'platform') \
             AND nullif(current_setting('nordbro.partner', true), '') IS NOT NULL \
             AND environment = nullif(current_setting('nordbro.environment', true), '')",
        )
        .system("SELECT, INSERT, UPDATE, DELETE"),
    Wall::round("disconnections")
        .app("SELECT, INSERT, DELETE")
        .system("SELECT"),
    // Money: background work learns which rows are due and continues as the partner whose they are.
    Wall::round("payments").app("SELECT, INSERT, UPDATE"),
    Wall::round("operations")
        .app("SELECT, INSERT, UPDATE")
        .system(
            "SELECT (id, partner_id, environment, payment_id, assignment_id, status, first_sent_at, next_step_at)",
        )
        .system_sees("next_step_at IS NOT NULL"),
    Wall::round("attempts").app("SELECT, INSERT, UPDATE"),
    Wall::round("idempotency_keys").app("SELECT, INSERT, DELETE"),
    Wall::round("receipts")
        .app("SELECT, INSERT, UPDATE, DELETE")
        .system("SELECT (id, partner_id, environment, next_try_at)")
        .system_sees("next_try_at IS NOT NULL"),
    Wall::round("late_payments")
        .app("SELECT, INSERT, UPDATE, DELETE")
        .system("SELECT"),
    // Written and read, never changed.
    Wall::round("audit")
        .app("SELECT, INSERT")
        .system("SELECT, INSERT"),
    // Counts without references or customers; background work adds to them and forgets old days.
    Wall::round("api_calls")
        .app("SELECT, INSERT, UPDATE")
        .system("SELECT, INSERT, UPDATE, DELETE"),
];
