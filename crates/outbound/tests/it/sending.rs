//! The request as Vipps sees it.

use std::sync::Arc;

use domain::{Environment, KeySetKind, Outcome, TraceContext};
use nordbro_outbound::Access;
use nordbro_outbound::vipps::prepare;

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, reference, vipps, with_keys};
use crate::upstream::{Seen, Upstream, say};

const PRODUCT: [(&str, &str); 4] = [
    ("vipps-system-name", "Acme"),
    ("vipps-system-version", "1.0"),
    ("vipps-system-plugin-name", "acme-pos"),
    ("vipps-system-plugin-version", "2.3"),
];

fn carries(seen: &Seen, headers: &[(&str, &str)]) {
    for (name, value) in headers {
        assert_eq!(seen.header(name), Some(*value), "{name} of {}", seen.path);
    }
}

fn lacks(seen: &Seen, names: &[&str]) {
    for name in names {
        assert_eq!(seen.header(name), None, "{name} of {}", seen.path);
    }
}

#[tokio::test]
async fn a_capture_carries_every_header_that_vipps_asks_of_partners_and_the_bytes_as_they_were() {
    let upstream = Upstream::start().await;
    upstream.answers(say(200, CAPTURED));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let access = Access {
        trace: TraceContext {
            traceparent: Some(trace.to_owned()),
            tracestate: Some("not a\nheader".to_owned()),
        },
        ..access()
    };

    let outcome = vipps.send(&capture(), &access).await;

    assert!(
        matches!(&outcome, Outcome::Accepted(accepted) if accepted.body == CAPTURED.as_bytes()),
        "{outcome:?}"
    );
    let [call] = upstream.calls().try_into().unwrap();
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("POST", "/epayment/v1/payments/acme-shop-1/capture")
    );
    let sent = br#"{"modificationAmount": {"currency":"NOK","value":500}, "new":1}"#;
    assert_eq!(&call.body[..], sent);
    carries(&call, &PRODUCT);
    carries(
        &call,
        &[
            ("authorization", "Bearer token-1"),
            ("ocp-apim-subscription-key", "canary-primary"),
            ("merchant-serial-number", "123456"),
            ("idempotency-key", "KEY7"),
            ("content-type", "application/json"),
            ("traceparent", trace),
        ],
    );
    lacks(
        &call,
        &[
            "tracestate",
            "client_id",
            "client_secret",
            "accept-encoding",
            "referer",
        ],
    );
}

#[tokio::test]
async fn a_token_call_has_the_keys_in_its_headers_and_an_empty_body_that_says_so() {
    let upstream = Upstream::start().await;
    vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;

    let [call] = upstream.token_calls().try_into().unwrap();
    assert_eq!((call.method.as_str(), call.body.len()), ("POST", 0));
    carries(&call, &PRODUCT);
    carries(
        &call,
        &[
            ("client_id", "client-1"),
            ("client_secret", "canary-client-secret"),
            ("ocp-apim-subscription-key", "canary-primary"),
            ("merchant-serial-number", "123456"),
            ("content-length", "0"),
        ],
    );
    lacks(&call, &["authorization", "idempotency-key", "content-type"]);
}

#[tokio::test]
async fn the_token_call_of_keys_that_serve_many_names_no_merchant_but_their_api_calls_do() {
    for kind in [KeySetKind::Partner, KeySetKind::Platform] {
        let upstream = Upstream::start().await;
        upstream.answers(say(200, CAPTURED));
        let access = with_keys(|keys| keys.kind = kind);
        vipps(upstream.address, &Arc::new(Hand::new()))
            .send(&capture(), &access)
            .await;
        lacks(&upstream.token_calls()[0], &["merchant-serial-number"]);
        carries(&upstream.calls()[0], &[("merchant-serial-number", "123456")]);
    }
}

#[tokio::test]
async fn the_token_call_of_platform_keys_names_the_operators_product_and_every_other_the_partners() {
    for kind in KeySetKind::ALL {
        let upstream = Upstream::start().await;
        upstream.answers(say(200, CAPTURED));
        let access = with_keys(|keys| keys.kind = kind);
        vipps(upstream.address, &Arc::new(Hand::new()))
            .send(&capture(), &access)
            .await;
        let operator = [
            ("vipps-system-name", "Operator"),
            ("vipps-system-version", "7.0"),
            ("vipps-system-plugin-name", "operator-gateway"),
            ("vipps-system-plugin-version", "7.1"),
        ];
        let is_platform = kind == KeySetKind::Platform;
        let expected = if is_platform { operator } else { PRODUCT };
        carries(&upstream.token_calls()[0], &expected);
        carries(&upstream.calls()[0], &PRODUCT);
    }
}

#[tokio::test]
async fn a_call_without_merchant_key_or_body_has_none_of_their_headers() {
    let upstream = Upstream::start().await;
    upstream.answers(say(200, ""));
    let access = Access {
        msn: None,
        ..access()
    };
    let approve = prepare::approve(&reference(), b"");

    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&approve, &access)
        .await;

    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    let [call] = upstream.calls().try_into().unwrap();
    carries(&call, &[("content-length", "0")]);
    lacks(
        &call,
        &["merchant-serial-number", "idempotency-key", "content-type"],
    );
}

#[tokio::test]
async fn keys_of_the_other_environment_never_leave() {
    let upstream = Upstream::start().await;
    let access = with_keys(|keys| keys.environment = Environment::Production);
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access)
        .await;
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
    assert_eq!(upstream.seen().len(), 0);
}

#[tokio::test]
async fn keys_that_cannot_be_headers_never_leave_and_are_not_repeated() {
    let upstream = Upstream::start().await;
    let access = with_keys(|keys| keys.client_secret = domain::Secret::new("canary\nsecond"));
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access)
        .await;
    assert_eq!(
        outcome,
        Outcome::NotSent {
            reason: "no access token: the client secret cannot be a header".to_owned()
        }
    );
    assert_eq!(upstream.seen().len(), 0);
}
