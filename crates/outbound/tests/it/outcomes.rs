//! From an answer to what is known.

use std::sync::Arc;

use domain::{Method, Outcome, Rejected, UpstreamKey};

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, reference, vipps};
use crate::upstream::{Say, Upstream, say};

async fn after(answer: Say) -> Outcome {
    let upstream = Upstream::start().await;
    upstream.answers(answer);
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;
    assert_eq!(upstream.calls().len(), 1);
    outcome
}

async fn rejected_after(answer: Say) -> Rejected {
    match after(answer).await {
        Outcome::Rejected(rejected) => rejected,
        other @ (Outcome::Accepted(_) | Outcome::NotSent { .. } | Outcome::Unknown { .. }) => {
            unreachable!("{other:?}")
        }
    }
}

#[tokio::test]
async fn a_definite_no_is_told_with_all_it_says() {
    let body = r#"{"title":"Cannot capture before reservation","status":400,"detail":"d","traceId":"00-8-7-01","extraDetails":[{"name":"ErrorCode","reason":"6080"},{"name":"amount","reason":"r"}]}"#;
    let rejected = rejected_after(say(400, body)).await;
    assert_eq!(
        rejected,
        Rejected {
            status: 400,
            code: Some("6080".to_owned()),
            title: Some("Cannot capture before reservation".to_owned()),
            detail: Some("d".to_owned()),
            trace_id: Some("00-8-7-01".to_owned()),
            fields: vec![("amount".to_owned(), "r".to_owned())],
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    );
}

#[tokio::test]
async fn every_4xx_but_408_is_a_no_whatever_its_body() {
    for status in [
        400, 402, 403, 404, 405, 409, 410, 411, 413, 415, 421, 422, 423, 425, 429, 451, 499,
    ] {
        let rejected = rejected_after(say(status, "<html>no</html>").with("content-type", "text/html")).await;
        assert_eq!((rejected.status, rejected.detail), (status, None));
    }
}

#[tokio::test]
async fn too_many_requests_say_how_long_to_wait() {
    let seconds = rejected_after(say(429, "{}").with("retry-after", "17")).await;
    let date = rejected_after(say(429, "{}").with("retry-after", "Sat, 21 Nov 2026 12:01:00 GMT")).await;
    assert_eq!((seconds.retry_after, date.retry_after), (Some(17), Some(60)));
}

#[tokio::test]
async fn a_server_error_and_a_timeout_of_somebody_else_say_nothing() {
    for status in [408, 500, 501, 502, 503, 504, 599] {
        let outcome = after(say(status, r#"{"title":"T"}"#)).await;
        assert_eq!(
            outcome,
            Outcome::Unknown {
                reason: format!("status {status}")
            }
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_is_no_answer() {
    let elsewhere = Upstream::start().await;
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let target = format!("http://{}/epayment/v1/payments", elsewhere.address);
        let outcome = after(say(status, "").with("location", &target)).await;
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{status}: {outcome:?}"
        );
    }
    assert_eq!(elsewhere.seen().len(), 0, "keys went to the next host");
}

#[tokio::test]
async fn a_yes_that_is_not_about_this_capture_is_unknown() {
    for body in [
        String::new(),
        "<html>Welcome to the guest network</html>".to_owned(),
        CAPTURED.replace("acme-shop-1", "acme-shop-2"),
        CAPTURED.replace("NOK", "DKK"),
        CAPTURED.replace("AUTHORIZED", "CAPTURED"),
        CAPTURED.replace(
            "\"capturedAmount\":{\"currency\":\"NOK\",\"value\":500}",
            "\"capturedAmount\":{\"currency\":\"NOK\",\"value\":0}",
        ),
        CAPTURED[..100].to_owned(),
    ] {
        let outcome = after(say(200, body.clone())).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{body}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_content_type_decides_nothing() {
    for kind in ["application/problem+json", "text/html", "image/png"] {
        let outcome = after(say(200, CAPTURED).with("content-type", kind)).await;
        assert!(matches!(outcome, Outcome::Accepted(_)), "{kind}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_created_payment_is_accepted_when_it_is_the_one_that_was_asked_for() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    let envelope = domain::Envelope {
        method: Method::Post,
        path: "/epayment/v1/payments".to_owned(),
        key: Some(UpstreamKey::from_stored("KEY8")),
        body: format!(r#"{{"reference":"{}"}}"#, reference()).into_bytes(),
    };
    upstream.answers(say(
        201,
        r#"{"reference":"acme-shop-1","redirectUrl":"https://pay.vipps.no/x"}"#,
    ));
    upstream.answers(say(201, r#"{"reference":"acme-shop-9"}"#));

    let right = vipps.send(&envelope, &access()).await;
    let wrong = vipps.send(&envelope, &access()).await;

    assert!(matches!(right, Outcome::Accepted(_)), "{right:?}");
    assert!(matches!(wrong, Outcome::Unknown { .. }), "{wrong:?}");
}
