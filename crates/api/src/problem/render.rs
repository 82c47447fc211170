//! From an occurrence to the bytes of an answer.

use axum::body::Body;
use axum::response::Response;
use domain::Violation;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use utoipa::ToSchema;

use super::table::{Audience, Texts, table};
use super::{Problem, Vipps};

/// The path of a problem's page at the gateway itself; its code follows.
pub(crate) const PAGES: &str = "/problems/";

/// Whose request is answered, and where.
#[derive(Debug, Clone)]
pub struct Addressee<'a> {
    pub request_id: &'a str,
    pub trace_id: &'a str,
    /// The gateway's own address, without a slash at its end.
    pub public_url: &'a str,
}

/// The body of every answer that is not a success (RFC 9457, `application/problem+json`).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct Body9457<'a> {
    /// A stable URL: the page that explains this problem.
    #[serde(rename = "type")]
    #[schema(example = "https://gateway.example/problems/capture_exceeds_authorized")]
    type_: String,
    /// Short, and the same at every occurrence.
    title: &'a str,
    /// The HTTP status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 409)]
    status: u16,
    /// What happened this time.
    detail: &'a str,
    /// Stable; programs branch on it. New codes may come.
    #[schema(example = "capture_exceeds_authorized")]
    code: &'a str,
    /// This request's id, also in the header `Request-Id`. Give it to the operator.
    #[schema(example = "req_0190a1b2c3d47e5f8091a2b3c4d5e6f7")]
    request_id: &'a str,
    /// The W3C trace that the request belongs to.
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: &'a str,
    /// Whether the very same request may be sent again with hope.
    retryable: bool,
    /// Who can do something about it.
    audience: Audience,
    /// What to show to whom.
    messages: Messages<'a>,
    /// The values that must be corrected; empty unless the request was at fault.
    violations: Vec<Fault<'a>>,
    /// What Vipps said, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    vipps: Option<&'a Vipps>,
}

/// Plain texts to show, in the five languages of the markets.
#[derive(Serialize, ToSchema)]
#[schema(as = Messages)]
pub(crate) struct Messages<'a> {
    /// For the person who pays.
    customer: Option<&'a Texts>,
    /// For the merchant's staff.
    staff: Option<&'a Texts>,
}

/// One fault of one value.
#[derive(Serialize, ToSchema)]
#[schema(as = Violation)]
pub(crate) struct Fault<'a> {
    /// The value as the caller wrote it: a path into the body, `header …`, `query …` or `path …`.
    #[schema(example = "amount.value")]
    field: &'a str,
    /// The rule that it breaks, for programs. New rules may come.
    #[schema(example = "integer")]
    rule: &'a str,
    /// What to do, for people: it follows the field's name.
    #[schema(example = "must be an integer of minor units: 4990, not 49.90")]
    message: &'a str,
}

impl<'a> From<&'a Violation> for Fault<'a> {
    fn from(violation: &'a Violation) -> Self {
        Self {
            field: &violation.field,
            rule: violation.rule,
            message: &violation.message,
        }
    }
}

impl Problem {
    /// The body as JSON.
    pub fn body(&self, to: &Addressee<'_>) -> Vec<u8> {
        let body = Body9457 {
            type_: format!("{}{PAGES}{}", to.public_url, self.0.entry.code),
            title: &self.0.entry.title,
            status: self.0.entry.status,
            detail: self.detail(),
            code: &self.0.entry.code,
            request_id: to.request_id,
            trace_id: to.trace_id,
            retryable: self.0.entry.retryable,
            audience: self.0.entry.audience,
            messages: Messages {
                customer: table().customer(self.0.entry),
                staff: table().staff(self.0.entry),
            },
            violations: self.0.violations.iter().map(Fault::from).collect(),
            vipps: self.0.vipps.as_ref(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// Seconds for `Retry-After`: 429 and 503 always carry one.
    fn retry_seconds(&self) -> Option<u64> {
        let always = matches!(self.0.entry.status, 429 | 503) || self.0.entry.code == "payment_busy";
        self.0.retry_after.or_else(|| always.then_some(1))
    }
}

/// One of each that an operation can answer with: its code, its title and a body.
pub(crate) fn examples(to: &Addressee<'_>) -> Vec<(String, &'static str, serde_json::Value)> {
    let one = |entry: &'static super::Entry| {
        let mut problem = Problem::of(entry);
        if let Some(field) = &entry.field {
            let fault = Violation::new(field.clone(), "vipps", entry.remedy.clone());
            problem.0.violations.push(fault);
        } else if entry.code == "invalid_request" {
            problem = Problem::invalid(vec![Violation::new(
                "amount.value",
                "integer",
                "must be a whole number: minor units, 4990 and not 49.90",
            )]);
        }
        if let Some(code) = entry
            .vipps
            .iter()
            .find(|said| said.bytes().all(|it| it.is_ascii_digit()))
            && entry.status != 404
        {
            problem.0.vipps = Some(Vipps {
                status: 400,
                code: Some(code.clone()),
                trace_id: Some("00-813b63975adcaaeef2b0ec7c103c40e3-706492e906541d31-01".to_owned()),
                title: None,
                detail: None,
            });
        }
        let body = serde_json::from_slice(&problem.body(to)).unwrap_or_default();
        (entry.code.clone(), problem.title(), body)
    };
    let of_an_operation = |entry: &&'static super::Entry| !entry.on.is_empty();
    table()
        .entries()
        .iter()
        .filter(of_an_operation)
        .map(one)
        .collect()
}

/// Writes the problem that an answer is marked with, if it is.
pub fn render(mut response: Response, to: &Addressee<'_>) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let body = problem.body(to);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.remove(http::header::CONTENT_LENGTH);
    if let Some(seconds) = problem.retry_seconds() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(challenge) = problem.0.challenge.as_deref()
        && let Ok(value) = HeaderValue::from_str(challenge)
    {
        headers.insert(WWW_AUTHENTICATE, value);
    }
    *response.body_mut() = Body::from(body);
    response
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde_json::Value;

    use super::super::{Code, Problem};
    use super::*;

    const TO: Addressee<'static> = Addressee {
        request_id: "req_1",
        trace_id: "abc",
        public_url: "https://gateway.example",
    };

    #[test]
    fn an_answer_says_when_to_come_back_whenever_it_may_be_asked_again() {
        let rendered = |problem: Problem| render(problem.into_response(), &TO);
        let limited = rendered(Problem::new(Code::RATE_LIMITED).after(7));
        assert_eq!(limited.headers()[RETRY_AFTER], "7");
        assert_eq!(
            rendered(Problem::new(Code::UNAVAILABLE)).headers()[RETRY_AFTER],
            "1"
        );
        assert!(
            rendered(Problem::new(Code::INTERNAL))
                .headers()
                .get(RETRY_AFTER)
                .is_none()
        );
    }

    #[test]
    fn the_body_has_every_member_and_speaks_five_languages() {
        let body =
            Problem::invalid(vec![Violation::new("amount.value", "integer", "must be whole")]).body(&TO);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["type"], "https://gateway.example/problems/invalid_request");
        assert_eq!(body["requestId"], "req_1");
        assert_eq!(body["traceId"], "abc");
        assert_eq!(body["violations"][0]["field"], "amount.value");
        for language in ["en", "nb", "da", "fi", "sv"] {
            assert!(body["messages"]["customer"][language].is_string());
            assert!(body["messages"]["staff"][language].is_string());
        }
        assert!(body.get("vipps").is_none());
    }
}
