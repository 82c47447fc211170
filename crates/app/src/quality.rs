//! The ledger of API quality: what Vipps' partner terms oblige partners to watch, and a gateway sees.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use domain::operation::Kind;
use domain::{Blame, Msn};
use store::quality::{Door, DoorCalls, EndedCalls, QualityFilter};
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::{App, Caller, Error, NotACursor, Scope};

/// How many days a question without a beginning is about, today included.
const USUAL: Duration = Duration::days(30);

/// Which calls to Vipps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityQuery {
    /// One sales unit only. One that the caller has no calls of gives an empty list.
    pub msn: Option<Msn>,
    /// The first day, UTC; absent = 30 days before the last one.
    pub from: Option<Date>,
    /// The last day, UTC; absent = today.
    pub to: Option<Date>,
    /// From an earlier page's [`QualityPage::next`].
    pub after: Option<QualityCursor>,
    /// How many endpoints of sales units at most.
    pub limit: u32,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityCursor(Door);

impl fmt::Display for QualityCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let msn = self.0.msn.as_ref().map_or("", Msn::as_str);
        write!(f, "{msn}.{}.{}", self.0.api, self.0.endpoint)
    }
}

impl FromStr for QualityCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let word = |part: Option<&str>| {
            let legal = |text: &&str| {
                (1..=40).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            };
            part.filter(legal).map(str::to_owned).ok_or(NotACursor)
        };
        let mut parts = text.splitn(3, '.');
        let msn = match parts.next() {
            None | Some("") => None,
            Some(msn) => Some(msn.parse().map_err(|_| NotACursor)?),
        };
        Ok(Self(Door {
            msn,
            api: word(parts.next())?,
            endpoint: word(parts.next())?,
        }))
    }
}

/// Part of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityPage {
    pub data: Vec<Quality>,
    /// Absent = this was the last.
    pub next: Option<QualityCursor>,
}

/// The calls of some days for one sales unit at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// Absent = calls for all of the partner.
    pub msn: Option<Msn>,
    pub api: String,
    pub endpoint: String,
    pub from: Date,
    pub to: Date,
    pub ended: Vec<EndedCalls>,
    /// When the oldest operation of this endpoint that is unknown now was first sent, whatever the days.
    pub oldest_unresolved: Option<OffsetDateTime>,
}

impl Quality {
    pub fn total(&self) -> u64 {
        self.ended.iter().map(|ended| ended.calls).sum()
    }

    pub fn calls(&self, blame: Blame) -> u64 {
        let alike = self.ended.iter().filter(|ended| ended.blame == blame);
        alike.map(|ended| ended.calls).sum()
    }

    pub fn last_seen(&self) -> Option<OffsetDateTime> {
        self.ended.iter().map(|ended| ended.last).max()
    }
}

/// The caller's ledger, by sales unit and endpoint. What happened since the last flush is not in it yet.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Unavailable`].
pub async fn list(app: &App, caller: &Caller, query: &QualityQuery) -> Result<QualityPage, Error> {
    caller.demand(Scope::ReportsRead)?;
    let to = query.to.unwrap_or_else(|| today(app));
    let from = query.from.unwrap_or_else(|| {
        let days = USUAL - Duration::DAY;
        to.checked_sub(days).unwrap_or(Date::MIN)
    });
    let filter = QualityFilter {
        msns: within_reach(caller, query.msn.as_ref()),
        from,
        to,
        after: query.after.clone().map(|cursor| cursor.0),
        limit: u64::from(query.limit) + 1,
    };
    let reader = app.store().read(caller.partner, caller.environment);
    let scope = reader.scope();
    let mut doors = scope.door_calls(&filter).await?;
    let has_more = doors.len() > usize::try_from(query.limit).unwrap_or(usize::MAX);
    if has_more {
        doors.pop();
    }
    let next = doors.last().filter(|_| has_more);
    let next = next.map(|last| QualityCursor(last.door.clone()));
    let unknown: BTreeMap<_, _> = scope
        .oldest_unknown()
        .await?
        .into_iter()
        .map(|oldest| ((oldest.msn, oldest.kind), oldest.since))
        .collect();
    let data = doors
        .into_iter()
        .map(|DoorCalls { door, ended }| Quality {
            oldest_unresolved: kind(&door)
                .zip(door.msn.clone())
                .and_then(|(kind, msn)| unknown.get(&(msn, kind)).copied()),
            msn: door.msn,
            api: door.api,
            endpoint: door.endpoint,
            from,
            to,
            ended,
        })
        .collect();
    Ok(QualityPage { data, next })
}

/// A narrowed token sees the ledgers of its sales units and of nothing else.
fn within_reach(caller: &Caller, asked: Option<&Msn>) -> Option<Vec<Msn>> {
    match (asked, &caller.units) {
        (Some(msn), _) => Some(
            Some(msn)
                .filter(|msn| caller.reaches(msn))
                .cloned()
                .into_iter()
                .collect(),
        ),
        (None, Some(units)) => Some(units.iter().cloned().collect()),
        (None, None) => None,
    }
}

fn kind(door: &Door) -> Option<Kind> {
    let kinds = Kind::ALL.into_iter();
    kinds
        .filter(|_| door.api == "epayment")
        .find(|kind| kind.as_str() == door.endpoint)
}

fn today(app: &App) -> Date {
    app.now().to_offset(UtcOffset::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        for text in ["123456.epayment.capture", ".access-token.get"] {
            assert_eq!(text.parse::<QualityCursor>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "x",
            "123.epayment.get",
            "123456.epayment",
            "123456.Epayment.get",
            "123456..",
            "1234.a.b.c",
        ] {
            assert!(text.parse::<QualityCursor>().is_err(), "{text}");
        }
    }
}
