//! The query of a list that is read page by page, from an id on.

use std::str::FromStr;

use app::Caller;
use axum::extract::FromRequestParts;
use http::request::Parts;

use super::caller;
use super::query::{self, LIMIT};
use crate::face::Face;
use crate::problem::{Code, Problem};

/// Which page.
#[derive(Debug)]
pub(crate) struct Paged<I> {
    pub caller: Caller,
    /// The last one of the page before.
    pub after: Option<I>,
    pub limit: u32,
}

impl<I: FromStr> FromRequestParts<Face> for Paged<I> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        let (after, limit) = read(parts.uri.query().unwrap_or_default())?;
        Ok(Self { caller, after, limit })
    }
}

fn read<I: FromStr>(query: &str) -> Result<(Option<I>, u32), Problem> {
    let mut faults = Vec::new();
    let (mut after, mut limit) = (None, LIMIT);
    query::each(query, &[], &mut faults, |name, value, faults| {
        match name {
            "cursor" => after = Some(value.parse().map_err(|_| Problem::new(Code::INVALID_CURSOR))?),
            "limit" => limit = query::limit(name, value, faults),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if faults.is_empty() {
        Ok((after, limit))
    } else {
        Err(Problem::invalid(faults))
    }
}
