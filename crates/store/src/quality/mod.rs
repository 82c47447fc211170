//! The ledger of API quality: counts of calls to Vipps. It holds no reference, no customer and no secret.

mod read;
mod table;

use domain::{ApiCall, Blame};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use time::{Date, OffsetDateTime};

use crate::scope::Write;
use crate::{Error, Scope, System};
use table::{ActiveModel, Column, Entity};

pub use read::{Door, DoorCalls, EndedCalls, QualityFilter};

const TABLE: &str = "api_calls";

/// Rows of one statement: well below what either database takes as parameters.
const ROWS: usize = 200;

/// How often, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls {
    pub calls: u64,
    pub last: OffsetDateTime,
}

impl Scope<'_, Write> {
    /// Adds counts to the ledger of this scope; what is not of this scope is left out.
    pub async fn add_api_calls(&self, counts: &[(ApiCall, Calls)]) -> Result<(), Error> {
        let rows: Vec<_> = counts
            .iter()
            .filter(|(call, _)| call.partner == self.partner() && call.environment == self.environment())
            .map(|(call, calls)| row(call, *calls))
            .collect();
        for some in rows.chunks(ROWS) {
            Entity::insert_many(some.iter().cloned())
                .on_conflict(adding())
                .exec_without_returning(self.conn())
                .await?;
        }
        Ok(())
    }
}

impl System<'_, Write> {
    /// Forgets what was counted before this day. Returns how many rows there were.
    pub async fn forget_api_calls(&self, before: Date) -> Result<u64, Error> {
        let forgotten = Entity::delete_many()
            .filter(Column::Day.lt(number(before)))
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }
}

fn row(call: &ApiCall, count: Calls) -> ActiveModel {
    ActiveModel {
        partner_id: Set(call.partner.uuid()),
        environment: Set(call.environment.as_str().to_owned()),
        msn: Set(call.msn.as_ref().map_or_else(String::new, ToString::to_string)),
        api: Set(call.api.clone().into_owned()),
        endpoint: Set(call.endpoint.clone().into_owned()),
        day: Set(number(call.day)),
        blame: Set(call.blame.as_str().to_owned()),
        status: Set(call.status.map_or(0, i32::from)),
        code: Set(call.code.clone().unwrap_or_default()),
        calls: Set(i64::try_from(count.calls).unwrap_or(i64::MAX)),
        last_at: Set(count.last.into()),
    }
}

/// A row that is there already grows.
fn adding() -> OnConflict {
    let new = |column: Column| Expr::col((Alias::new("excluded"), column));
    let old = |column: Column| Expr::col((Entity, column));
    OnConflict::columns([
        Column::PartnerId,
        Column::Environment,
        Column::Msn,
        Column::Api,
        Column::Endpoint,
        Column::Day,
        Column::Blame,
        Column::Status,
        Column::Code,
    ])
    .value(Column::Calls, old(Column::Calls).add(new(Column::Calls)))
    .value(
        Column::LastAt,
        Expr::case(new(Column::LastAt).gt(old(Column::LastAt)), new(Column::LastAt))
            .finally(old(Column::LastAt)),
    )
    .to_owned()
}

/// A day as a column: days since 1970-01-01.
fn number(day: Date) -> i32 {
    day.to_julian_day() - Date::from_ordinal_date(1970, 1).map_or(0, Date::to_julian_day)
}

/// The word of a column as a value.
fn blame(word: &str) -> Result<Blame, Error> {
    Blame::ALL
        .into_iter()
        .find(|blame| blame.as_str() == word)
        .ok_or_else(|| Error::corrupt(TABLE, word))
}
