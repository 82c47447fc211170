//! Who acts, and why.

use app::audit::{Actor, Executor};
use axum::extract::FromRequestParts;
use domain::Violation;
use http::HeaderMap;
use http::request::Parts;

use super::gate::Believed;
use crate::face::Face;
use crate::problem::{Code, Problem};

/// The header with which an operator says why.
const REASON: &str = "audit-reason";
/// In characters.
pub(super) const LONGEST: usize = 500;

/// The operator, as the audit names whoever acts: the token's subject, and whose word it is.
#[derive(Debug, Clone)]
pub(super) struct By(pub(super) Actor);

impl FromRequestParts<Face> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let believed = parts.extensions.get::<Believed>();
        let Believed { operator, .. } = believed.ok_or_else(|| Problem::new(Code::INTERNAL))?;
        let name = format!("{} ({})", operator.sub, operator.iss);
        let actor = Actor::new(&name, Executor::OperatorApi);
        match reason(&parts.headers) {
            Ok(Some(reason)) => Ok(Self(actor.because(reason))),
            Ok(None) => Ok(Self(actor)),
            Err(fault) => Err(Problem::invalid(vec![fault])),
        }
    }
}

/// `Audit-Reason`: UTF-8, once, and none of it is cut away.
fn reason(headers: &HeaderMap) -> Result<Option<&str>, Violation> {
    let mut sent = headers.get_all(REASON).iter();
    let Some(one) = sent.next() else {
        return Ok(None);
    };
    let text = std::str::from_utf8(one.as_bytes()).ok().map(str::trim);
    let good = text.filter(|text| (1..=LONGEST).contains(&text.chars().count()));
    match (good, sent.next()) {
        (Some(text), None) => Ok(Some(text)),
        (_, _) => Err(Violation::new(
            "header Audit-Reason",
            "format",
            "must stand once and be 1 to 500 characters of UTF-8",
        )),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn said(values: &[&[u8]]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REASON, HeaderValue::from_bytes(value).unwrap());
        }
        let read = reason(&headers);
        read.map(|it| it.map(str::to_owned)).map_err(|fault| fault.rule)
    }

    #[test]
    fn a_reason_is_taken_whole_or_refused() {
        assert_eq!(said(&[]), Ok(None));
        assert_eq!(
            said(&["kunden bad om det, sak 7: å".as_bytes()]),
            Ok(Some("kunden bad om det, sak 7: å".to_owned()))
        );
        assert_eq!(said(&[b"a", b"b"]), Err("format"));
        assert_eq!(said(&[b"\xff"]), Err("format"));
        assert_eq!(said(&[b" "]), Err("format"));
        assert_eq!(said(&["x".repeat(501).as_bytes()]), Err("format"));
    }
}
