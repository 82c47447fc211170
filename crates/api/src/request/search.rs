//! The query of a search.

use app::{Cursor, Query};
use axum::extract::FromRequestParts;
use domain::{State, Violation};
use http::request::Parts;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::place::{self, AtUnit, Opened};
use super::query::{self, LIMIT};
use crate::face::Face;
use crate::problem::{Code, Problem};

/// Which payments of a sales unit.
#[derive(Debug)]
pub(crate) struct Search {
    pub place: AtUnit,
    pub query: Query,
}

impl FromRequestParts<Face> for Search {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        let Opened { place, mut faults } = place::open::<AtUnit>(parts, face).await?;
        let query = read(parts.uri.query().unwrap_or_default(), &mut faults)?;
        match place {
            Some(place) if faults.is_empty() => {
                place::admit(&place, parts, face)?;
                Ok(Self { place, query })
            }
            _ => Err(Problem::invalid(faults)),
        }
    }
}

fn read(query: &str, faults: &mut Vec<Violation>) -> Result<Query, Problem> {
    let mut read = Query {
        states: Vec::new(),
        from: None,
        to: None,
        reference_prefix: None,
        after: None,
        limit: LIMIT,
    };
    query::each(query, &["state"], faults, |name, value, faults| {
        match name {
            "state" => {
                for word in value.split(',') {
                    let message = "must name states of a payment, such as AUTHORIZED";
                    let state = query::parsed::<State>(name, word, message, faults);
                    read.states.extend(state);
                }
            }
            "createdFrom" => read.from = moment(name, value, faults),
            "createdTo" => read.to = moment(name, value, faults),
            "referencePrefix" => read.reference_prefix = prefix(name, value, faults),
            "cursor" => {
                let cursor = value.parse::<Cursor>();
                read.after = Some(cursor.map_err(|_| Problem::new(Code::INVALID_CURSOR))?);
            }
            "limit" => read.limit = query::limit(name, value, faults),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if let (Some(from), Some(to)) = (read.from, read.to)
        && from >= to
    {
        faults.push(query::fault(
            "createdTo",
            "range",
            "must be later than createdFrom",
        ));
    }
    Ok(read)
}

fn moment(name: &str, text: &str, faults: &mut Vec<Violation>) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok();
    if moment.is_none() {
        let message = "must be a moment by RFC 3339, such as 2026-11-25T12:00:00Z (a + in a URL is %2B)";
        faults.push(query::fault(name, "format", message));
    }
    moment
}

fn prefix(name: &str, text: &str, faults: &mut Vec<Violation>) -> Option<String> {
    let legal = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !legal {
        faults.push(query::fault(
            name,
            "format",
            "must be 1 to 64 letters (A-Z, a-z), digits or hyphens",
        ));
    }
    legal.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(query: &str) -> Result<Query, Problem> {
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
        let query = asked(
            "state=CREATED,AUTHORIZED&state=EXPIRED&createdFrom=2026-11-01T00:00:00Z\
             &createdTo=2026-11-02T00:00:00%2B01:00&referencePrefix=acme-&limit=10\
             &cursor=0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        )
        .unwrap();
        assert_eq!(query.states, [State::Created, State::Authorized, State::Expired]);
        assert_eq!(query.limit, 10);
        assert_eq!(query.reference_prefix.as_deref(), Some("acme-"));
        assert!(query.from < query.to && query.after.is_some());
        assert_eq!(asked("").unwrap().limit, 50);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let faults =
            asked("state=CAPTURED&createdFrom=yesterday&limit=0&limit=1&referencePrefix=%25&colour=red")
                .unwrap_err();
        let named: Vec<_> = faults.violations().iter().map(|it| it.field.as_str()).collect();
        assert_eq!(
            named,
            [
                "query state",
                "query createdFrom",
                "query limit",
                "query limit",
                "query referencePrefix",
                "query colour"
            ]
        );
        assert_eq!(asked("cursor=x").unwrap_err().code(), "invalid_cursor");
        let turned = asked("createdFrom=2026-11-02T00:00:00Z&createdTo=2026-11-01T00:00:00Z");
        assert_eq!(turned.unwrap_err().violations()[0].field, "query createdTo");
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(query in "\\PC{0,80}") {
            let _ = asked(&query);
        }
    }
}
