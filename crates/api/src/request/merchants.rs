//! The query of the list of merchants.

use app::Caller;
use axum::extract::FromRequestParts;
use domain::{MerchantId, Violation};
use http::request::Parts;

use super::caller;
use super::search::{self, LIMIT};
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
    let mut faults: Vec<Violation> = Vec::new();
    let (mut after, mut limit) = (None, LIMIT);
    let mut seen = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if seen.contains(&name) {
            faults.push(search::fault(&name, "duplicate", "stands more than once"));
            continue;
        }
        match &*name {
            "cursor" => after = Some(value.parse().map_err(|_| Problem::new(Code::INVALID_CURSOR))?),
            "limit" => limit = search::limit(&name, &value, &mut faults),
            _ => faults.push(search::fault(&name, "unknown", "is no parameter of this list")),
        }
        seen.push(name);
    }
    if faults.is_empty() {
        Ok((after, limit))
    } else {
        Err(Problem::invalid(faults))
    }
}
