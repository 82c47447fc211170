//! The error bodies of Vipps, by rule: shapes 1 (ePayment, Webhooks), 2 (Management), 4 (Order
//! Management), 7 (Azure API Management) and 8 (Access Token).

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::world::World;

/// Whose error body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `application/problem+json` with `extraDetails[{name, reason}]` and `traceId`.
    Problem,
    /// `application/problem+json` with `extraDetails[{key, value}]`, no `traceId`.
    Management,
    /// `application/json` with `invalidParams[{name, reason}]`, no status.
    Orders,
}

/// Why a request is refused, before it has a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) detail: String,
    /// Fields and what is wrong with each; a domain error has one named `ErrorCode`.
    pub(crate) details: Vec<(String, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, title: &str, detail: &str) -> Self {
        Self {
            status,
            title: title.to_owned(),
            detail: detail.to_owned(),
            details: Vec::new(),
        }
    }

    /// A validation error of one field: 400, without an error code.
    pub(crate) fn field(name: &str, reason: &str) -> Self {
        Self::fields(vec![(name.to_owned(), reason.to_owned())])
    }

    pub(crate) fn fields(details: Vec<(String, String)>) -> Self {
        let mut refusal = Self::new(
            StatusCode::BAD_REQUEST,
            "Bad Request",
            "See extraDetails for further details",
        );
        refusal.details = details;
        refusal
    }

    /// A domain error with its four-digit code.
    pub(crate) fn code(status: StatusCode, code: u16, title: &str, detail: &str) -> Self {
        let mut refusal = Self::new(status, title, detail);
        refusal.details.push(("ErrorCode".to_owned(), code.to_string()));
        refusal
    }

    /// The `ErrorCode`, when it is a domain error.
    pub(crate) fn error_code(&self) -> Option<u16> {
        self.details
            .iter()
            .find(|(name, _)| name == "ErrorCode")
            .and_then(|(_, code)| code.parse().ok())
    }
}

/// Renders a refusal as the API in question would.
pub(crate) fn render(world: &World, call: &Call, shape: Shape, refusal: &Refusal) -> Answer {
    let status = refusal.status.as_u16();
    let kind = format!("https://httpstatuses.io/{status}");
    match shape {
        Shape::Problem => {
            let mut body = json!({
                "type": kind, "title": refusal.title, "detail": refusal.detail, "status": status,
                "instance": instance(call), "traceId": world.trace(call),
            });
            if !refusal.details.is_empty() {
                body["extraDetails"] = pairs(&refusal.details, "name", "reason");
            }
            Answer::typed(refusal.status, "application/problem+json", &body)
        }
        Shape::Management => {
            let mut body = json!({
                "type": kind, "title": refusal.title, "detail": refusal.detail, "status": status,
                "instance": call.path,
            });
            if !refusal.details.is_empty() {
                body["extraDetails"] = pairs(&refusal.details, "key", "value");
            }
            Answer::typed(refusal.status, "application/problem+json", &body)
        }
        Shape::Orders => {
            let mut body = json!({
                "type": kind, "title": refusal.title, "detail": refusal.detail, "instance": world.trace(call),
            });
            if !refusal.details.is_empty() {
                body["invalidParams"] = pairs(&refusal.details, "name", "reason");
            }
            Answer::json(refusal.status, &body)
        }
    }
}

/// Azure API Management's own body, in front of every API: 401, 403, 422, 429 and some 5xx.
pub(crate) fn gateway(status: StatusCode, message: &str) -> Answer {
    let reason = status.canonical_reason().unwrap_or_default();
    let body = json!({
        "responseInfo": { "responseCode": status.as_u16(), "responseMessage": reason },
        "result": { "message": message },
    });
    Answer::json(status, &body)
}

/// The Access Token API's body, in the manner of OAuth.
pub(crate) fn oauth(status: StatusCode, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}

/// The published samples name the path without the API's prefix: `/v1/payments/…`.
fn instance(call: &Call) -> &str {
    call.path
        .find("/v1/")
        .map_or(call.path.as_str(), |at| &call.path[at..])
}

fn pairs(details: &[(String, String)], name: &str, reason: &str) -> Value {
    details
        .iter()
        .map(|(left, right)| json!({ name: left, reason: right }))
        .collect()
}
