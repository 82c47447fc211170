//! The query of the ledger of API quality.

use app::Caller;
use app::quality::{QualityCursor, QualityQuery};
use axum::extract::FromRequestParts;
use domain::Violation;
use http::request::Parts;
use time::Date;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::caller;
use super::query::{self, LIMIT};
use crate::face::Face;
use crate::problem::{Code, Problem};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Which calls, of whom.
#[derive(Debug)]
pub(crate) struct AskedQuality {
    pub caller: Caller,
    pub query: QualityQuery,
}

impl FromRequestParts<Face> for AskedQuality {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        let mut faults = Vec::new();
        let query = read(parts.uri.query().unwrap_or_default(), &mut faults)?;
        if faults.is_empty() {
            Ok(Self { caller, query })
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

fn read(query: &str, faults: &mut Vec<Violation>) -> Result<QualityQuery, Problem> {
    let mut read = QualityQuery {
        msn: None,
        from: None,
        to: None,
        after: None,
        limit: LIMIT,
    };
    query::each(query, &[], faults, |name, value, faults| {
        match name {
            "msn" => {
                let message = "must be a merchant serial number: 4 to 10 digits";
                read.msn = query::parsed(name, value, message, faults);
            }
            "from" => read.from = day(name, value, faults),
            "to" => read.to = day(name, value, faults),
            "cursor" => {
                let cursor = value.parse::<QualityCursor>();
                read.after = Some(cursor.map_err(|_| Problem::new(Code::INVALID_CURSOR))?);
            }
            "limit" => read.limit = query::limit(name, value, faults),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if let (Some(from), Some(to)) = (read.from, read.to)
        && from > to
    {
        faults.push(query::fault("to", "range", "must not be earlier than from"));
    }
    Ok(read)
}

fn day(name: &str, text: &str, faults: &mut Vec<Violation>) -> Option<Date> {
    let day = Date::parse(text, DAY).ok().filter(|_| text.len() == 10);
    if day.is_none() {
        faults.push(query::fault(name, "format", "must be a day, such as 2026-11-25"));
    }
    day
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(query: &str) -> Result<QualityQuery, Problem> {
        let mut faults = Vec::new();
        let read = read(query, &mut faults)?;
        if faults.is_empty() {
            Ok(read)
        } else {
            Err(Problem::invalid(faults))
        }
    }

    #[test]
    fn every_filter_is_read() {
        let query = asked("msn=123456&from=2026-11-01&to=2026-11-25&limit=7&cursor=123456.epayment.get");
        let query = query.unwrap();
        assert_eq!(query.msn.map(|msn| msn.to_string()).as_deref(), Some("123456"));
        assert!(query.from < query.to && query.after.is_some());
        assert_eq!(query.limit, 7);
        assert_eq!(asked("").unwrap().limit, 50);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let faults = asked("msn=x&from=2026-11-01T00:00:00Z&to=1&limit=0&limit=1&colour=red").unwrap_err();
        let named: Vec<_> = faults.violations().iter().map(|it| it.field.as_str()).collect();
        assert_eq!(
            named,
            [
                "query msn",
                "query from",
                "query to",
                "query limit",
                "query limit",
                "query colour"
            ]
        );
        assert_eq!(asked("cursor=x").unwrap_err().code(), "invalid_cursor");
        let turned = asked("from=2026-11-02&to=2026-11-01").unwrap_err();
        assert_eq!(turned.violations()[0].field, "query to");
        assert!(
            asked("from=2026-11-01&to=2026-11-01").is_ok(),
            "one day is a range"
        );
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(query in "\\PC{0,80}") {
            let _ = asked(&query);
        }
    }
}
