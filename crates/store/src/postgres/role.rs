//! The proof that the role we connect as stands before the wall and not above it.

use migrations::wall::{APP, SYSTEM};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::Error;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    App,
    System,
}

/// A role counts as what it may become, too: a member of a superuser's or of an owner's role is one `SET ROLE` away.
const STANDING: &str = "
SELECT current_user::text AS name,
    EXISTS (SELECT FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'MEMBER')
        AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole)) AS bypasses,
    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
        AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns,
    EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(current_user, r.oid, 'USAGE')) AS may,
    EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $2 AND pg_has_role(current_user, r.oid, 'MEMBER')) AS may_more";

impl Role {
    const fn group(self) -> &'static str {
        match self {
            Self::App => APP,
            Self::System => SYSTEM,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::App => Self::System,
            Self::System => Self::App,
        }
    }

    /// # Errors
    /// [`Error::Unavailable`] when row-level security would not hold this role back, or would hold it back from
    /// everything; the text says what to do.
    pub(super) async fn assert_held_back(self, connection: &DatabaseConnection) -> Result<(), Error> {
        let (group, other) = (self.group(), self.other().group());
        let statement =
            Statement::from_sql_and_values(DbBackend::Postgres, STANDING, [group.into(), other.into()]);
        let row = connection
            .query_one_raw(statement)
            .await?
            .ok_or_else(|| Error::unavailable("PostgreSQL does not say who we are"))?;
        let name: String = row.try_get("", "name")?;
        let is = |column: &str| row.try_get::<bool>("", column);
        let fault = if is("bypasses")? {
            "is a superuser, may bypass row-level security or may make roles"
        } else if is("owns")? {
            "owns the tables"
        } else if is("may_more")? {
            "is also a member of the other role's group"
        } else if !is("may")? {
            "is no member of its group; `nordbro migrate` makes the group"
        } else {
            return Ok(());
        };
        Err(Error::unavailable(format!(
            "the user {name:?} {fault}. The wall between partners stands only before an ordinary user of its own: \
             CREATE ROLE a_name LOGIN PASSWORD '…' IN ROLE {group}"
        )))
    }
}
