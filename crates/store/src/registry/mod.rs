//! The registry: who may do what with which sales unit, and by which keys.
//!
//! Finders hang on [`System`] (the operator, look-ups before a partner is known) and on [`crate::Scope`]
//! (what a partner may see). Every change goes through [`Registry`], which raises the registry's version in
//! the change's own transaction, so that no process keeps what it cached before.

mod assertions;
mod assignments;
mod checks;
mod claims;
mod clients;
mod closing;
mod disconnections;
mod issuers;
mod key_sets;
mod key_switches;
mod merchants;
mod operator_tokens;
mod part;
mod partners;
mod profiles;
mod retention;
mod revocations;
mod sales_units;
mod secrets;
mod serving;
mod signing_keys;
mod transfers;
mod words;

use domain::{Environment, PartnerId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, Iterable, QueryFilter,
    UpdateResult,
};

use crate::conn::Conn;
use crate::scope::Write;
use crate::table::{self, registry_version};
use crate::{Error, Keyring, Scope, System};

pub use assignments::{Assignment, AssignmentState, Orphans, Unit};
pub use checks::Check;
pub use claims::Claim;
pub use clients::Client;
pub use closing::Standing as AssignmentStanding;
pub use disconnections::Disconnection;
pub use issuers::{Issuer, Jwks};
pub use key_sets::{KeySetFilter, KeySetOwner, KeySetState, StoredKeySet};
pub use merchants::Merchant;
pub use operator_tokens::RevokedOperatorToken;
pub use part::Part;
pub use partners::{Partner, PartnerState};
pub use profiles::Profile;
pub use revocations::{RevokedToken, Standing};
pub use sales_units::{Market, SalesUnit};
pub use secrets::ClientSecret;
pub use serving::{Serving, Which, serving_sql};
pub use signing_keys::SigningKey;
pub use transfers::{AskedTransfer, Transfer, TransferFilter};

/// Writers of the registry, within a transaction that has raised its version.
pub struct Registry<'a> {
    pub(crate) conn: &'a Conn,
    pub(crate) keyring: &'a Keyring,
}

impl<M> System<'_, M> {
    /// The number that rises with every change of the registry.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn registry_version(&self) -> Result<i64, Error> {
        let row = registry_version::Entity::find_by_id(1_i16)
            .one(self.conn())
            .await?;
        let version = row.map(|row| row.version);
        let version = version.ok_or_else(|| Error::corrupt("registry_version", 1))?;
        self.keyring().known().notice(version);
        Ok(version)
    }
}

impl<'a> System<'a, Write> {
    /// Raises the version and gives the writers. The version's row stays locked until the transaction ends,
    /// so changes of the registry come one after another, each on what the one before left.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn change_registry(&self) -> Result<Registry<'a>, Error> {
        let raised = registry_version::Entity::update_many()
            .col_expr(
                registry_version::Column::Version,
                Expr::col(registry_version::Column::Version).add(1_i64),
            )
            .filter(registry_version::Column::Id.eq(1_i16))
            .exec(self.conn())
            .await?;
        if raised.rows_affected != 1 {
            return Err(Error::corrupt("registry_version", 1));
        }
        Ok(Registry {
            conn: self.conn(),
            keyring: self.keyring(),
        })
    }
}

/// Adds a row.
async fn insert<E>(conn: &Conn, row: E::Model) -> Result<(), Error>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    E::insert(row.into_active_model().reset_all())
        .exec_without_returning(conn)
        .await?;
    Ok(())
}

/// Writes a row of this scope in place of the one with the same `key`, in one statement: two that write at once both
/// get through, and the later one stands. What is another's is left as it is: `whose` are the columns that name the
/// partner and the environment.
///
/// # Errors
/// [`Error::Refused`] when the row that stands there is another partner's or of another environment.
async fn replace<E>(
    scope: &Scope<'_, Write>,
    row: E::Model,
    key: E::Column,
    [partner, environment]: [E::Column; 2],
) -> Result<(), Error>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let anew = OnConflict::column(key)
        .update_columns(E::Column::iter())
        .action_and_where(partner.eq(scope.partner().uuid()))
        .action_and_where(environment.eq(scope.environment().as_str()))
        .to_owned();
    let written = E::insert(row.into_active_model().reset_all())
        .on_conflict(anew)
        .exec_without_returning(scope.conn())
        .await?;
    if written == 1 {
        Ok(())
    } else {
        Err(Error::Refused("the row that stands there is another's".into()))
    }
}

/// [`Error::Stale`] when the row that was to change is not there any more.
fn one_changed(result: &UpdateResult) -> Result<(), Error> {
    if result.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// The owner columns of a row.
fn owner(
    partner: uuid::Uuid,
    environment: &str,
    table: &'static str,
    id: uuid::Uuid,
) -> Result<(PartnerId, Environment), Error> {
    Ok((
        PartnerId::from_uuid(partner),
        table::environment(environment, table, id)?,
    ))
}
