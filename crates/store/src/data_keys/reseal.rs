//! Sealing rows anew with their owner's present key: what is sealed with a retired data key, or with a key
//! of the key file from before there were data keys.
//!
//! One column at a time, in pages by the row's id: first the heads of the values are read, beside the
//! writers; then the few that are old are opened and sealed anew in one short transaction. A value that
//! somebody writes meanwhile is left as they wrote it. A run that is cut short is simply begun again: what
//! is done is not done twice.

use std::collections::BTreeSet;

use sea_orm::sea_query::{
    Alias, Cond, Expr, ExprTrait as _, Func, FunctionCall, Order, Query, SelectStatement,
};
use sea_orm::{ColumnTrait, ConnectionTrait as _, EntityTrait, QueryFilter, QueryResult, QuerySelect};
use uuid::Uuid;

use super::sealed::{Owned, Sealed, Version};
use super::{open, owner_of, seal};
use crate::conn::Conn;
use crate::scope::Write;
use crate::sealing::{Context, Owner, SealedWith};
use crate::table::data_keys::{Column, Entity};
use crate::{Error, Keyring, Scope, System, table};

/// One page of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The rows whose value is old.
    pub old: Vec<Uuid>,
    /// Where the next page begins; absent = this was the last.
    pub next: Option<Uuid>,
}

/// What became of the old rows of one page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    pub done: u64,
    /// Somebody wrote a newer value meanwhile, or the row is gone.
    pub changed: u64,
    /// The value does not open; it is told in the log and left as it is.
    pub shut: u64,
}

/// A value with what it is bound to.
struct Value {
    context: Context,
    blob: Vec<u8>,
}

impl<M> System<'_, M> {
    /// The data keys that new rows are sealed with.
    pub async fn current_data_keys(&self) -> Result<BTreeSet<Uuid>, Error> {
        let ids: Vec<Uuid> = Entity::find()
            .filter(Column::RetiredAt.is_null())
            .select_only()
            .column(Column::Id)
            .into_tuple()
            .all(self.conn())
            .await?;
        Ok(ids.into_iter().collect())
    }

    /// Looks through up to `limit` rows after `after` of one of [`super::SECRETS`] for values that are sealed
    /// with none of `current`.
    pub async fn find_old(
        &self,
        sealed: &Sealed,
        current: &BTreeSet<Uuid>,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Progress, Error> {
        find_old(self.conn(), (sealed, &Cond::all()), current, after, limit).await
    }
}

impl System<'_, Write> {
    /// Seals these rows of one of [`super::SECRETS`] anew.
    pub async fn reseal(&self, sealed: &Sealed, rows: &[Uuid]) -> Result<Resealed, Error> {
        reseal(self.conn(), self.keyring(), (sealed, &Cond::all()), rows).await
    }
}

impl<M> Scope<'_, M> {
    /// Looks through up to `limit` rows of this scope after `after` of one of [`super::BODIES`] for values
    /// that are sealed with none of `current`.
    pub async fn find_old(
        &self,
        sealed: &Sealed,
        current: &BTreeSet<Uuid>,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<Progress, Error> {
        find_old(self.conn(), (sealed, &self.own()), current, after, limit).await
    }

    fn own(&self) -> Cond {
        Cond::all()
            .add(column("partner_id").eq(self.partner().uuid()))
            .add(column("environment").eq(self.environment().as_str()))
    }
}

impl Scope<'_, Write> {
    /// Seals these rows of one of [`super::BODIES`] anew.
    pub async fn reseal(&self, sealed: &Sealed, rows: &[Uuid]) -> Result<Resealed, Error> {
        reseal(self.conn(), self.keyring(), (sealed, &self.own()), rows).await
    }
}

/// A column, and which of its rows are meant.
type Rows<'a> = (&'a Sealed, &'a Cond);

async fn find_old(
    conn: &Conn,
    (sealed, whose): Rows<'_>,
    current: &BTreeSet<Uuid>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Progress, Error> {
    let mut select = from(sealed);
    select
        .column(Alias::new("id"))
        .expr_as(head_of(sealed), Alias::new("head"))
        .cond_where(whose.clone())
        .order_by(Alias::new("id"), Order::Asc)
        .limit(limit);
    if let Some(after) = after {
        select.and_where(column("id").gt(after));
    }
    let rows = conn.query_all(&select).await?;
    let full = u64::try_from(rows.len()).unwrap_or(u64::MAX) == limit;
    let mut page = Progress {
        old: Vec::new(),
        next: None,
    };
    for row in rows {
        let id: Uuid = row.try_get("", "id")?;
        let head: Option<Vec<u8>> = row.try_get("", "head")?;
        page.next = full.then_some(id);
        // An empty value is one that was forgotten.
        let head = head.filter(|head| !head.is_empty());
        let is_old = match head.as_deref().map(SealedWith::of) {
            None => false,
            Some(SealedWith::DataKey(key)) => !current.contains(&key),
            Some(SealedWith::KeyFile(_) | SealedWith::Nothing) => true,
        };
        if is_old {
            page.old.push(id);
        }
    }
    Ok(page)
}

async fn reseal(
    conn: &Conn,
    keyring: &Keyring,
    (sealed, whose): Rows<'_>,
    rows: &[Uuid],
) -> Result<Resealed, Error> {
    let mut done = Resealed::default();
    for id in rows {
        let Some(value) = find_value(conn, (sealed, whose), *id).await? else {
            done.changed += 1;
            continue;
        };
        let plain = match open(conn, keyring, &value.context, &value.blob).await {
            Ok(plain) => plain,
            Err(error @ Error::Corrupt { .. }) => {
                tracing::error!(
                    table = sealed.table,
                    column = sealed.column,
                    row = %id,
                    error = &error as &dyn std::error::Error,
                    "a sealed value does not open"
                );
                done.shut += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let anew = seal(conn, keyring, &value.context, &plain).await?;
        let mut update = Query::update();
        update
            .table(Alias::new(sealed.table))
            .value(Alias::new(sealed.column), anew)
            .cond_where(whose.clone())
            .and_where(column("id").eq(*id))
            .and_where(column(sealed.column).eq(value.blob));
        if conn.execute(&update).await?.rows_affected() == 1 {
            done.done += 1;
        } else {
            done.changed += 1;
        }
    }
    Ok(done)
}

async fn find_value(conn: &Conn, (sealed, whose): Rows<'_>, id: Uuid) -> Result<Option<Value>, Error> {
    let mut select = from(sealed);
    select
        .column(Alias::new(sealed.column))
        .cond_where(whose.clone())
        .and_where(column("id").eq(id))
        .and_where(column(sealed.column).is_not_null());
    if let Version::Column(version) = sealed.version {
        select.column(Alias::new(version));
    }
    if sealed.owned == Owned::ByColumns {
        select
            .column(Alias::new("partner_id"))
            .column(Alias::new("environment"));
    }
    let row = conn.query_one(&select).await?;
    row.map(|row| value(sealed, id, &row)).transpose()
}

fn value(sealed: &Sealed, row: Uuid, found: &QueryResult) -> Result<Value, Error> {
    let (owner, environment) = match sealed.owned {
        Owned::Gateway => (Owner::Gateway, None),
        Owned::ByColumns => {
            let partner: Option<Uuid> = found.try_get("", "partner_id")?;
            let environment: String = found.try_get("", "environment")?;
            (
                owner_of(partner),
                Some(table::environment(&environment, sealed.table, row)?),
            )
        }
    };
    let version = match sealed.version {
        Version::Fixed(version) => version,
        Version::Column(name) => found
            .try_get::<Option<i64>>("", name)?
            .ok_or_else(|| Error::corrupt(sealed.table, row))?,
    };
    Ok(Value {
        context: Context {
            environment,
            owner,
            table: sealed.place,
            row,
            version,
        },
        blob: found.try_get("", sealed.column)?,
    })
}

/// The part of a column's values that names the key they are sealed with.
pub(super) fn head_of(sealed: &Sealed) -> FunctionCall {
    Func::cust("substr").args([
        column(sealed.column),
        Expr::value(1_i32),
        Expr::value(i32::try_from(SealedWith::HEAD).unwrap_or(i32::MAX)),
    ])
}

pub(super) fn from(sealed: &Sealed) -> SelectStatement {
    let mut select = Query::select();
    select.from(Alias::new(sealed.table));
    select
}

fn column(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}
