//! What `/v1` answers when it does not do what was asked (RFC 9457).
//!
//! A problem is a row of the table and what one occurrence adds to it. It becomes bytes at one place
//! only, [`render`], which knows the request's ids.

mod code;
mod of_app;
mod pages;
mod render;
mod table;
mod vipps;

use std::fmt::Display;

use axum::response::{IntoResponse, Response};
use domain::{Rejected, Trouble, Violation};
use http::StatusCode;

pub use code::Code;
pub use pages::{page_of, pages};
pub(crate) use render::Body9457 as Document;
pub(crate) use render::examples;
pub use render::{Addressee, render};
pub use table::{Audience, Entry, Table, Texts, table};
pub use vipps::Vipps;

/// So many violations are listed. A body of nothing but faults must not make an answer larger than itself.
pub(crate) const MOST_VIOLATIONS: usize = 100;

/// One occurrence of a problem, before it knows whose request it answers.
#[derive(Debug, Clone)]
pub struct Problem(Box<Occurrence>);

#[derive(Debug, Clone)]
struct Occurrence {
    entry: &'static Entry,
    detail: Option<String>,
    violations: Vec<Violation>,
    vipps: Option<Vipps>,
    /// Whole seconds.
    retry_after: Option<u64>,
    challenge: Option<String>,
}

impl Problem {
    pub fn new(code: Code) -> Self {
        Self::of(table().get(code))
    }

    fn of(entry: &'static Entry) -> Self {
        Self(Box::new(Occurrence {
            entry,
            detail: None,
            violations: Vec::new(),
            vipps: None,
            retry_after: None,
            challenge: None,
        }))
    }

    /// All that is wrong with a request, at once.
    pub fn invalid(mut violations: Vec<Violation>) -> Self {
        let count = violations.len();
        violations.truncate(MOST_VIOLATIONS);
        let problem = Self::new(Code::INVALID_REQUEST);
        let mut problem = if count == 1 {
            problem.saying("One of the request's values must be corrected; see `violations`.")
        } else if count > MOST_VIOLATIONS {
            problem.saying(format!(
                "More than {MOST_VIOLATIONS} of the request's values must be corrected; the first ones stand in `violations`."
            ))
        } else {
            problem.filling(&[("count", &count)])
        };
        problem.0.violations = violations;
        problem
    }

    /// What Vipps' refusal at `operation_id` means here.
    pub fn of_vipps(operation_id: &str, rejected: &Rejected) -> Self {
        let entry = table().of_vipps(operation_id, rejected.status, rejected.code.as_deref());
        let mut problem = Self::of(entry);
        if entry.status == 404 {
            // What Vipps does not know looks like what the gateway does not know.
            return problem;
        }
        problem.0.violations = vipps::violations(entry, rejected);
        problem.0.retry_after = rejected.retry_after;
        problem.0.vipps = Some(rejected.into());
        problem
    }

    /// What Vipps' refusal of a product order means here. Most rows of the table are about payments.
    pub fn of_order(rejected: &Rejected) -> Self {
        if matches!(rejected.status, 400 | 401 | 403 | 422 | 429) {
            let plain = Rejected {
                code: None,
                ..rejected.clone()
            };
            return Self::of_vipps("", &plain);
        }
        let mut problem = Self::new(Code::VIPPS_REFUSED);
        problem.0.vipps = Some(rejected.into());
        problem
    }

    /// Keys that Vipps refuses: what is wrong with them, and which one is meant.
    pub fn of_keys(trouble: Trouble, field: Option<&'static str>, rejected: Option<&Rejected>) -> Self {
        let code = Code::CREDENTIALS_REFUSED;
        let mut problem = Self::new(code).saying(format!("{} {}", trouble.reason(), trouble.remedy()));
        let meant = field.unwrap_or("credentials");
        problem.0.violations = vec![Violation::new(meant, trouble.as_str(), trouble.remedy())];
        problem.0.vipps = rejected.map(Vipps::from);
        problem
    }

    /// Fills the names of the row's `detail`.
    #[must_use]
    pub fn filling(self, values: &[(&str, &dyn Display)]) -> Self {
        let Some(template) = &self.0.entry.detail else {
            return self;
        };
        let detail = values.iter().fold(template.clone(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &value.to_string())
        });
        self.saying(detail)
    }

    /// A detail in words of ours. Never a text that came from outside, and never an id.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// When to come back, in whole seconds.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds.max(1));
        self
    }

    /// The value of `WWW-Authenticate` (RFC 6750).
    #[must_use]
    pub fn challenging(mut self, challenge: impl Into<String>) -> Self {
        self.0.challenge = Some(challenge.into());
        self
    }

    pub fn code(&self) -> &'static str {
        &self.0.entry.code
    }

    pub fn title(&self) -> &'static str {
        &self.0.entry.title
    }

    /// What Vipps said, where it was asked.
    pub fn vipps(&self) -> Option<&Vipps> {
        self.0.vipps.as_ref()
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.entry.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    fn detail(&self) -> &str {
        // An unfilled template would show its braces.
        self.0.detail.as_deref().unwrap_or(&self.0.entry.explanation)
    }
}

/// Marks the answer; [`render`] fills it once the request's ids are known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(status: u16, code: &str) -> Rejected {
        Rejected {
            status,
            code: Some(code.to_owned()),
            title: Some("Cannot capture before reservation".to_owned()),
            trace_id: Some("00-813b".to_owned()),
            ..Rejected::default()
        }
    }

    #[test]
    fn what_vipps_refused_keeps_vipps_words_beside_ours() {
        let problem = Problem::of_vipps("capturePayment", &rejected(400, "6080"));
        assert_eq!(problem.code(), "payment_not_authorized");
        assert_eq!(problem.status(), StatusCode::CONFLICT);
        let vipps = problem.0.vipps.unwrap();
        assert_eq!((vipps.status, vipps.code.as_deref()), (400, Some("6080")));
        assert_eq!(vipps.trace_id.as_deref(), Some("00-813b"));
    }

    #[test]
    fn a_payment_that_vipps_does_not_know_looks_like_one_that_nobody_knows() {
        let theirs = Problem::of_vipps("getPayment", &rejected(404, "5090"));
        let ours = Problem::new(Code::PAYMENT_NOT_FOUND);
        assert_eq!(format!("{theirs:?}"), format!("{ours:?}"));
    }

    #[test]
    fn a_value_that_vipps_refused_names_its_field() {
        let by_code = Problem::of_vipps("createPayment", &rejected(400, "4070"));
        assert_eq!(by_code.violations()[0].field, "customer.phoneNumber");
        let by_name = Problem::of_vipps(
            "createPayment",
            &Rejected {
                status: 400,
                fields: vec![("reference".to_owned(), "must match".to_owned())],
                ..Rejected::default()
            },
        );
        assert_eq!(by_name.code(), "vipps_invalid_request");
        assert_eq!(by_name.violations()[0].message, "must match");
    }

    #[test]
    fn a_value_without_a_reason_and_a_reason_without_a_value_are_told_and_nothing_at_all_is_not() {
        let fields = [("phoneNumber", ""), ("", "too many of them"), ("", "")];
        let problem = Problem::of_vipps(
            "createPayment",
            &Rejected {
                status: 400,
                fields: fields
                    .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
                    .into(),
                ..Rejected::default()
            },
        );
        let [named, said] = problem.violations() else {
            panic!("{:?}", problem.violations());
        };
        assert_eq!(named.field, "phoneNumber");
        assert!(!named.message.is_empty());
        assert_eq!(
            (said.field.as_str(), said.message.as_str()),
            ("body", "too many of them")
        );
    }

    #[test]
    fn a_detail_is_filled_or_the_explanation_stands_in_for_it() {
        let filled = Problem::new(Code::SCOPE_MISSING).filling(&[("scope", &"payments:read")]);
        assert_eq!(filled.detail(), "This operation needs the scope `payments:read`.");
        assert!(!Problem::new(Code::SCOPE_MISSING).detail().contains('{'));
    }
}
