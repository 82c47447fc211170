//! The queries of lists.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use domain::{PartnerId, Violation};
use http::request::Parts;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::face::Face;
use crate::problem::{Code, Problem};
use crate::request::query::{self, LIMIT};

/// A query, parameter by parameter; every fault is kept.
pub(super) struct Pairs {
    sent: Vec<(String, String)>,
    faults: Vec<Violation>,
}

/// What a list is asked for.
pub(super) trait Filter: Sized {
    const NAMES: &'static [&'static str];

    /// # Errors
    /// A cursor that is none of this list.
    fn read(query: &mut Pairs) -> Result<Self, Problem>;
}

/// A filter, read from the query of a request.
#[derive(Debug)]
pub(super) struct Query<F>(pub(super) F);

impl<F: Filter> FromRequestParts<Face> for Query<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        Pairs::read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

impl Pairs {
    fn read<F: Filter>(query: &str) -> Result<F, Problem> {
        let (mut sent, mut faults) = (Vec::new(), Vec::new());
        query::each(query, &[], &mut faults, |name, value, _| {
            sent.push((name.to_owned(), value.to_owned()));
            Ok(F::NAMES.contains(&name))
        })?;
        let mut read = Self { sent, faults };
        let filter = F::read(&mut read)?;
        if read.faults.is_empty() {
            Ok(filter)
        } else {
            Err(Problem::invalid(read.faults))
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.sent.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A value that can be parsed, or a fault that says what it must be.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, message: &str) -> Option<T> {
        let text = self.text(name)?.to_owned();
        query::parsed(name, &text, message, &mut self.faults)
    }

    /// The same of a value that must be there.
    ///
    /// # Errors
    /// Everything that has been found wrong: without this value there is no filter.
    pub(super) fn required<T: FromStr>(&mut self, name: &str, message: &str) -> Result<T, Problem> {
        if self.text(name).is_none() {
            self.faults.push(query::fault(name, "required", message));
        }
        let parsed = self.parsed(name, message);
        parsed.ok_or_else(|| Problem::invalid(std::mem::take(&mut self.faults)))
    }

    pub(super) fn fault(&mut self, name: &str, message: &str) {
        self.faults.push(query::fault(name, "format", message));
    }

    /// A moment by RFC 3339.
    pub(super) fn moment(&mut self, name: &str) -> Option<OffsetDateTime> {
        let moment = OffsetDateTime::parse(self.text(name)?, &Rfc3339).ok();
        if moment.is_none() {
            self.fault(name, "must be a moment by RFC 3339, such as 2026-11-25T12:00:00Z");
        }
        moment
    }

    pub(super) fn partner(&mut self) -> Option<PartnerId> {
        self.parsed("partnerId", "must be a partner's id, such as prt_0190…")
    }

    /// Where the page before ended.
    pub(super) fn cursor<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let Some(text) = self.text("cursor") else {
            return Ok(None);
        };
        let cursor = text.parse().map_err(|_| Problem::new(Code::INVALID_CURSOR))?;
        Ok(Some(cursor))
    }

    pub(super) fn limit(&mut self) -> u32 {
        match self.text("limit").map(str::to_owned) {
            Some(text) => query::limit("limit", &text, &mut self.faults),
            None => LIMIT,
        }
    }
}

/// A page of everybody's.
#[derive(Debug)]
pub(super) struct All<I> {
    pub(super) after: Option<I>,
    pub(super) limit: u32,
}

impl<I: FromStr> Filter for All<I> {
    const NAMES: &'static [&'static str] = &["limit", "cursor"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        Ok(Self {
            after: query.cursor()?,
            limit: query.limit(),
        })
    }
}

/// A page of one partner's, or of everybody's.
#[derive(Debug)]
pub(super) struct Whose<I> {
    pub(super) partner: Option<PartnerId>,
    pub(super) after: Option<I>,
    pub(super) limit: u32,
}

impl<I: FromStr> Filter for Whose<I> {
    const NAMES: &'static [&'static str] = &["partnerId", "limit", "cursor"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        Ok(Self {
            partner: query.partner(),
            after: query.cursor()?,
            limit: query.limit(),
        })
    }
}

/// A list that takes no parameter.
#[derive(Debug)]
pub(super) struct Nothing;

impl Filter for Nothing {
    const NAMES: &'static [&'static str] = &[];

    fn read(_: &mut Pairs) -> Result<Self, Problem> {
        Ok(Self)
    }
}

#[cfg(test)]
mod tests {
    use domain::IssuerId;

    use super::*;

    fn asked(query: &str) -> Result<All<IssuerId>, Problem> {
        Pairs::read(query)
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let problem = asked("limit=0&limit=1&colour=red").unwrap_err();
        let named: Vec<_> = problem.violations().iter().map(|it| it.rule).collect();
        assert_eq!(named, ["duplicate", "unknown", "range"]);
        assert_eq!(asked("cursor=prt_1").unwrap_err().code(), "invalid_cursor");
        let good = asked("limit=7&cursor=iss_0190a1b2c3d47e5f8091a2b3c4d5e6f7").unwrap();
        assert!(good.limit == 7 && good.after.is_some());
        assert_eq!(asked("").unwrap().limit, 50);
    }
}
