//! Requests of `/v1`, read in the one order of checks: the sales unit, then the payment, then headers and
//! body, all their faults at once, and last the sales unit's own limit.

mod api_quality;
mod command;
mod headers;
mod keyed;
mod paged;
mod place;
mod posted;
pub(crate) mod query;
mod search;

pub(crate) use api_quality::AskedQuality;
pub(crate) use command::{Command, Sent};
pub(crate) use keyed::Keyed;
pub(crate) use paged::Paged;
pub(crate) use place::{AtHeld, AtOperation, AtPayment, AtSeen, AtUnit};
pub(crate) use posted::{AtMerchant, AtProductOrder, Posted, Whole, WholeAt};
pub(crate) use search::Search;

use app::Caller;
use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::face::Face;
use crate::problem::{Code, Problem};

/// The caller whom the identity layer believed. A route without that layer has none, and fails.
pub(crate) fn caller(parts: &Parts) -> Result<Caller, Problem> {
    parts
        .extensions
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| Problem::new(Code::INTERNAL))
}

/// The caller of an operation that names no sales unit.
#[derive(Debug)]
pub(crate) struct Believed(pub Caller);

impl FromRequestParts<Face> for Believed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        caller(parts).map(Self)
    }
}
