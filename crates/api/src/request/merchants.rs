//! The query of the list of merchants.

use app::Caller;
use axum::extract::FromRequestParts;
use domain::MerchantId;
use http::request::Parts;

use super::caller;
use super::query::{self, LIMIT};
use crate::face::Face;
use crate::problem::{Code, Problem};

/// Which page.
#[derive(Debug)]
pub(crate) struct AskedMerchants {
    pub caller: Caller,
    pub after: Option<MerchantId>,
    pub limit: u32,
}

impl FromRequestParts<Face> for AskedMerchants {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        let (after, limit) = read(parts.uri.query().unwrap_or_default())?;
        Ok(Self { caller, after, limit })
    }
}

fn read(query: &str) -> Result<(Option<MerchantId>, u32), Problem> {
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
