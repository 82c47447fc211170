//! The wall between partners, held by PostgreSQL itself: row-level security, forced, under two roles.
//!
//! [`APP`] serves partners' requests. It sees the rows of the partner and the environment that its transaction has
//! named, and no row when it has named none. [`SYSTEM`] is for background work, for look-ups before a partner is
//! known and for the operator; it reaches across partners, table by table, and only as far as each table says.
//! Both are groups without a login. Who owns the tables is a third role, which only migrates.
//!
//! `SQLite` has no roles: there the scope of a query is the one wall, and nothing here does anything.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The group of the role that serves partners.
pub const APP: &str = "nordbro_app";
/// The group of the role that reaches across partners.
pub const SYSTEM: &str = "nordbro_system";

/// A row of the partner and the environment that the transaction has named. A setting that was made in an earlier
/// transaction of the session reads as an empty text, not as NULL.
pub(crate) const OWN: &str = "partner_id = nullif(current_setting('nordbro.partner', true), '')::uuid \
     AND environment = nullif(current_setting('nordbro.environment', true), '')";

/// The wall of one table. Whatever is not allowed is refused: a role without a right on a table has no policy on it
/// either.
pub(crate) struct Wall {
    table: &'static str,
    app: &'static str,
    app_sees: &'static str,
    system: &'static str,
    system_sees: &'static str,
}

impl Wall {
    /// Round a table whose rows have `partner_id` and `environment`.
    pub(crate) const fn round(table: &'static str) -> Self {
        Self {
            table,
            app: "",
            app_sees: OWN,
            system: "",
            system_sees: "true",
        }
    }

    /// What requests of partners do with their own rows, as SQL writes privileges: `"SELECT, INSERT, UPDATE (state)"`.
    pub(crate) const fn app(mut self, privileges: &'static str) -> Self {
        self.app = privileges;
        self
    }

    /// Which rows requests of partners may touch instead of their own.
    pub(crate) const fn app_sees(mut self, condition: &'static str) -> Self {
        self.app_sees = condition;
        self
    }

    /// What background work and the operator do across partners, as SQL writes privileges. Name the columns
    /// (`"SELECT (id, partner_id)"`) where the rest is none of their business.
    pub(crate) const fn system(mut self, privileges: &'static str) -> Self {
        self.system = privileges;
        self
    }

    /// Which rows background work and the operator may touch instead of all.
    pub(crate) const fn system_sees(mut self, condition: &'static str) -> Self {
        self.system_sees = condition;
        self
    }

    /// Raises the wall, in place of one that stood there.
    ///
    /// # Errors
    /// The database refused; or a role is missing and the migrating role may not make it.
    pub(crate) async fn raise(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(ROLES).await?;
        let table = self.table;
        let mut script = vec![format!(
            "REVOKE ALL ON {table} FROM PUBLIC, {APP}, {SYSTEM};
             DROP POLICY IF EXISTS app ON {table};
             DROP POLICY IF EXISTS system ON {table};
             ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
             ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        )];
        for (policy, role, privileges, condition) in [
            ("app", APP, self.app, self.app_sees),
            ("system", SYSTEM, self.system, self.system_sees),
        ] {
            if !privileges.is_empty() {
                script.push(format!(
                    "GRANT {privileges} ON {table} TO {role};
                     CREATE POLICY {policy} ON {table} TO {role} USING ({condition}) WITH CHECK ({condition});"
                ));
            }
        }
        connection.execute_unprepared(&script.concat()).await?;
        Ok(())
    }

    /// Takes the wall down.
    ///
    /// # Errors
    /// The database refused.
    pub(crate) async fn raze(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let table = self.table;
        let script = format!(
            "REVOKE ALL ON {table} FROM {APP}, {SYSTEM};
             DROP POLICY IF EXISTS app ON {table};
             DROP POLICY IF EXISTS system ON {table};
             ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
             ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
        );
        manager.get_connection().execute_unprepared(&script).await?;
        Ok(())
    }
}

/// Makes the two groups unless they are there. Roles belong to the whole server, so another database's migration may
/// be making them at the same moment.
const ROLES: &str = "
DO $$
DECLARE
    missing text;
BEGIN
    FOREACH missing IN ARRAY ARRAY['nordbro_app', 'nordbro_system'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = missing);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', missing);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role % is missing, and % may not make roles', missing, current_user
                    USING HINT = 'An administrator runs: CREATE ROLE nordbro_app NOLOGIN; '
                        'CREATE ROLE nordbro_system NOLOGIN;';
        END;
    END LOOP;
    IF NOT has_schema_privilege('nordbro_app', current_schema(), 'USAGE')
        OR NOT has_schema_privilege('nordbro_system', current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO nordbro_app, nordbro_system', current_schema());
    END IF;
END
$$";
