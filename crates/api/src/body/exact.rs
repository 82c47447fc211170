//! A body, read once.

use std::cell::RefCell;

use axum::body::Body;
use bytes::Bytes;
use domain::{Forwarded, Violation};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{At, Json, Malformed, json};
use crate::forwarded::{self, Facts};
use crate::problem::{Code, Problem};

/// How large and how deep a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub bytes: usize,
    pub levels: usize,
}

/// The bytes as they came, and what the rules need of them.
#[derive(Debug, Clone)]
pub(crate) struct Exact<F> {
    pub(crate) bytes: Bytes,
    pub(crate) view: F,
}

impl<F> Exact<F> {
    pub(crate) fn forwarded(self) -> Forwarded<F> {
        Forwarded {
            body: self.bytes.to_vec(),
            facts: self.view,
        }
    }
}

/// A body that is JSON: good, or with all its faults.
pub(crate) type Checked<F> = Result<Exact<F>, Vec<Violation>>;

impl<F: Facts> Exact<F> {
    /// Reads the whole body and checks it.
    ///
    /// # Errors
    /// A [`Problem`] when it is not JSON at all, or not all of it came.
    pub(crate) async fn read(headers: &HeaderMap, body: Body, bounds: Bounds) -> Result<Checked<F>, Problem> {
        let bytes = collect(body, bounds.bytes).await?;
        if bytes.is_empty() && F::MAY_BE_EMPTY {
            return Ok(Self::check(bytes, &Json::Object(Vec::new()), Vec::new()));
        }
        media_type(headers, &["application/json"])?;
        let (value, doubled) = json::read(&bytes, bounds.levels).map_err(|wrong| match wrong {
            Malformed::NotJson(reason) => Problem::new(Code::BODY_NOT_JSON).saying(reason),
            Malformed::TooDeep(limit) => Problem::new(Code::BODY_TOO_DEEP).filling(&[("limit", &limit)]),
        })?;
        Ok(Self::check(bytes, &value, doubled))
    }

    fn check(bytes: Bytes, value: &Json, doubled: Vec<Violation>) -> Checked<F> {
        let faults = RefCell::new(doubled);
        let view = forwarded::read(&At::root(value, &faults));
        let faults = faults.into_inner();
        match view {
            Some(view) if faults.is_empty() => Ok(Self { bytes, view }),
            _ => Err(faults),
        }
    }
}

pub(super) async fn collect(body: Body, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, most).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(wrong) if wrong.is::<LengthLimitError>() => {
            Err(Problem::new(Code::BODY_TOO_LARGE).filling(&[("limit", &most)]))
        }
        Err(_) => Err(Problem::new(Code::BODY_INCOMPLETE)),
    }
}

/// One of `known`, said once, with no parameter but `charset=utf-8`, and not compressed.
pub(super) fn media_type(headers: &HeaderMap, known: &[&'static str]) -> Result<&'static str, Problem> {
    let refused = |said: &str| Problem::new(Code::UNSUPPORTED_MEDIA_TYPE).saying(said);
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(refused(
            "The body is compressed: send it as it is, without Content-Encoding.",
        ));
    }
    let names = || {
        let names = known.iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(" or ")
    };
    let mut said = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (said.next().and_then(|value| value.to_str().ok()), said.next()) else {
        return Err(refused(&format!(
            "The header Content-Type is missing, or there more than once: send {}.",
            names()
        )));
    };
    let mut parts = one.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let kind = known.iter().find(|name| name.eq_ignore_ascii_case(kind));
    let plain = parts.all(|parameter| {
        parameter.is_empty()
            || parameter.eq_ignore_ascii_case("charset=utf-8")
            || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
    });
    kind.copied().filter(|_| plain).ok_or_else(|| {
        refused(&format!(
            "The header Content-Type must be {}, with no parameter but `charset=utf-8`.",
            names()
        ))
    })
}

#[cfg(test)]
mod tests {
    use domain::{CancelFacts, CaptureFacts};
    use futures_util::stream;
    use http::HeaderValue;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        bytes: 200,
        levels: 4,
    };
    const GOOD: &str = "{ \"modificationAmount\": {\"value\" : 100,\n\"currency\":\"NOK\"}, \"x\":1.50 }";

    fn json() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
    }

    async fn problem(headers: HeaderMap, body: impl Into<Body>) -> Option<&'static str> {
        let read = Exact::<CaptureFacts>::read(&headers, body.into(), BOUNDS).await;
        read.err().map(|problem| problem.code())
    }

    #[tokio::test]
    async fn the_bytes_go_on_exactly_as_they_came() {
        let read = Exact::<CaptureFacts>::read(&json(), GOOD.into(), BOUNDS).await;
        let forwarded = read.unwrap().unwrap().forwarded();
        assert_eq!(forwarded.body, GOOD.as_bytes());
        assert_eq!(forwarded.facts.amount.value, 100);
    }

    #[tokio::test]
    async fn each_way_of_not_being_a_body_has_its_own_problem() {
        assert_eq!(problem(json(), "").await, Some("body_not_json"));
        assert_eq!(problem(json(), "{").await, Some("body_not_json"));
        assert_eq!(problem(json(), "{}garbage").await, Some("body_not_json"));
        assert_eq!(problem(json(), vec![0xff; 10]).await, Some("body_not_json"));
        assert_eq!(problem(json(), "[[[[[]]]]]").await, Some("body_too_deep"));
        assert_eq!(problem(json(), vec![b' '; 201]).await, Some("body_too_large"));
        let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("reset"))]);
        assert_eq!(
            problem(json(), Body::from_stream(broken)).await,
            Some("body_incomplete")
        );
        assert_eq!(
            problem(json(), vec![b' '; 200]).await,
            Some("body_not_json"),
            "at the limit"
        );
    }

    #[tokio::test]
    async fn only_plain_json_is_taken() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;",
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(good))]);
            assert_eq!(problem(headers, GOOD).await, None, "{good}");
        }
        for bad in [
            "text/plain",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(bad))]);
            assert_eq!(
                problem(headers, GOOD).await,
                Some("unsupported_media_type"),
                "{bad}"
            );
        }
        assert_eq!(
            problem(HeaderMap::new(), GOOD).await,
            Some("unsupported_media_type")
        );
        let mut twice = json();
        twice.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert_eq!(problem(twice, GOOD).await, Some("unsupported_media_type"));
        let mut packed = json();
        packed.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(problem(packed, GOOD).await, Some("unsupported_media_type"));
    }

    #[tokio::test]
    async fn a_body_that_may_be_empty_may_be_and_stays_empty() {
        let read = Exact::<CancelFacts>::read(&HeaderMap::new(), Body::empty(), BOUNDS).await;
        let exact = read.unwrap().unwrap();
        assert!(exact.bytes.is_empty() && !exact.view.transaction_only);
    }

    #[tokio::test]
    async fn a_doubled_key_is_a_fault_beside_the_others() {
        let body = r#"{"modificationAmount":{"value":1,"value":"x","currency":"no"}}"#;
        let faults = Exact::<CaptureFacts>::read(&json(), body.into(), BOUNDS)
            .await
            .unwrap()
            .unwrap_err();
        let fields: Vec<_> = faults.iter().map(|it| (it.field.as_str(), it.rule)).collect();
        assert_eq!(
            fields,
            [
                ("modificationAmount.value", "duplicate"),
                ("modificationAmount.currency", "format")
            ]
        );
    }

    #[tokio::test]
    async fn a_list_is_no_body() {
        let faults = Exact::<CancelFacts>::read(&json(), "[]".into(), BOUNDS)
            .await
            .unwrap()
            .unwrap_err();
        assert_eq!(faults[0].field, "body");
    }
}
