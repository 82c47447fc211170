//! Reading the ledger, by door: a sales unit at an endpoint.

use std::collections::BTreeMap;

use domain::{Blame, Msn};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use time::{Date, OffsetDateTime};

use super::table::{Column, Entity};
use super::{TABLE, blame, number};
use crate::moment::Moment;
use crate::{Error, Scope};

/// What a partner counts calls by: one sales unit, or none, at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Door {
    /// Absent = calls for all of the partner.
    pub msn: Option<Msn>,
    pub api: String,
    pub endpoint: String,
}

/// Which calls.
#[derive(Debug, Clone)]
pub struct QualityFilter {
    /// Absent = every sales unit, and calls for none. Present = these sales units only.
    pub msns: Option<Vec<Msn>>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Only doors that come after this one in the list.
    pub after: Option<Door>,
    /// How many doors at most.
    pub limit: u64,
}

/// The calls through one door that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedCalls {
    pub blame: Blame,
    pub status: Option<u16>,
    pub code: Option<String>,
    pub calls: u64,
    pub last: OffsetDateTime,
}

/// All calls through one door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorCalls {
    pub door: Door,
    /// By whose doing, then by status and code.
    pub ended: Vec<EndedCalls>,
}

type Ended = (String, String, String, String, i32, String, i64, Moment);

impl<M> Scope<'_, M> {
    /// The doors that were knocked at within the days, in order, with what became of the calls.
    pub async fn door_calls(&self, filter: &QualityFilter) -> Result<Vec<DoorCalls>, Error> {
        let doors: Vec<(String, String, String)> = self
            .api_calls(filter)
            .select_only()
            .columns([Column::Msn, Column::Api, Column::Endpoint])
            .distinct()
            .order_by_asc(Column::Msn)
            .order_by_asc(Column::Api)
            .order_by_asc(Column::Endpoint)
            .limit(filter.limit)
            .into_tuple()
            .all(self.conn())
            .await?;
        let (Some((first, ..)), Some((last, ..))) = (doors.first(), doors.last()) else {
            return Ok(Vec::new());
        };
        let counts: Vec<Ended> = self
            .api_calls(filter)
            .filter(Column::Msn.between(first.as_str(), last.as_str()))
            .select_only()
            .columns([
                Column::Msn,
                Column::Api,
                Column::Endpoint,
                Column::Blame,
                Column::Status,
                Column::Code,
            ])
            // PostgreSQL sums to a type of its own.
            .column_as(Expr::col(Column::Calls).sum().cast_as("bigint"), "calls")
            .column_as(Expr::col(Column::LastAt).max(), "last_at")
            .group_by(Column::Msn)
            .group_by(Column::Api)
            .group_by(Column::Endpoint)
            .group_by(Column::Blame)
            .group_by(Column::Status)
            .group_by(Column::Code)
            .into_tuple()
            .all(self.conn())
            .await?;
        let mut by_door: BTreeMap<_, Vec<EndedCalls>> = BTreeMap::new();
        for (msn, api, endpoint, word, status, code, calls, last) in counts {
            by_door.entry((msn, api, endpoint)).or_default().push(EndedCalls {
                blame: blame(&word)?,
                status: u16::try_from(status).ok().filter(|status| *status > 0),
                code: Some(code).filter(|code| !code.is_empty()),
                calls: u64::try_from(calls).map_err(|_| Error::corrupt(TABLE, calls))?,
                last: last.at(TABLE, calls)?,
            });
        }
        doors
            .into_iter()
            .map(|door| {
                let mut ended = by_door.remove(&door).unwrap_or_default();
                ended.sort_by(|one, other| {
                    (one.blame, one.status, &one.code).cmp(&(other.blame, other.status, &other.code))
                });
                let (msn, api, endpoint) = door;
                Ok(DoorCalls {
                    door: Door {
                        msn: named(&msn)?,
                        api,
                        endpoint,
                    },
                    ended,
                })
            })
            .collect()
    }

    fn api_calls(&self, filter: &QualityFilter) -> Select<Entity> {
        let mut calls = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Day.between(number(filter.from), number(filter.to)));
        if let Some(msns) = &filter.msns {
            calls = calls.filter(Column::Msn.is_in(msns.iter().map(Msn::as_str)));
        }
        if let Some(door) = &filter.after {
            calls = calls.filter(beyond(door));
        }
        calls
    }
}

/// `(msn, api, endpoint) > door`.
fn beyond(door: &Door) -> Condition {
    let msn = door.msn.as_ref().map_or("", Msn::as_str);
    let (api, endpoint) = (door.api.as_str(), door.endpoint.as_str());
    Condition::any()
        .add(Column::Msn.gt(msn))
        .add(Condition::all().add(Column::Msn.eq(msn)).add(Column::Api.gt(api)))
        .add(
            Condition::all()
                .add(Column::Msn.eq(msn))
                .add(Column::Api.eq(api))
                .add(Column::Endpoint.gt(endpoint)),
        )
}

fn named(msn: &str) -> Result<Option<Msn>, Error> {
    if msn.is_empty() {
        return Ok(None);
    }
    msn.parse().map(Some).map_err(|_| Error::corrupt(TABLE, msn))
}
