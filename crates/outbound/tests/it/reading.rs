//! Reads tell what can be believed.

use std::sync::Arc;

use domain::{Aggregate, Amount, Currency, EventName, State, UpstreamKey};
use nordbro_outbound::vipps::ReadError;
use time::macros::datetime;

use crate::clock::Hand;
use crate::house::{CAPTURED, access, reference, vipps};
use crate::upstream::{Upstream, say};

/// With unknown fields, as Vipps promises to add them without notice.
fn payment() -> String {
    CAPTURED.replacen('{', r#"{"paymentMethod":{"type":"WALLET"},"novelty":[{}],"#, 1)
}

#[tokio::test]
async fn a_payment_is_read_with_its_body_as_it_came() {
    let upstream = Upstream::start().await;
    upstream.answers(say(200, payment()));

    let reading = vipps(upstream.address, &Arc::new(Hand::new()))
        .read_payment(&access(), &reference())
        .await
        .unwrap();

    assert_eq!(
        (reading.reference, reading.state),
        (reference(), State::Authorized)
    );
    assert_eq!(reading.amount, Amount::new(500, Currency::NOK));
    assert_eq!(
        reading.aggregate,
        Aggregate {
            authorized: 500,
            captured: 500,
            refunded: 0,
            cancelled: 0
        }
    );
    assert_eq!(
        (reading.psp_reference.as_str(), reading.body),
        ("psp-1", payment().into_bytes())
    );
    let [call] = upstream.calls().try_into().unwrap();
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("GET", "/epayment/v1/payments/acme-shop-1")
    );
    assert_eq!(call.header("merchant-serial-number"), Some("123456"));
    for absent in ["idempotency-key", "content-type", "content-length"] {
        assert_eq!(call.header(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn a_read_that_fails_says_how() {
    let unknown_reference = r#"{"title":"Not found","extraDetails":[{"name":"ErrorCode","reason":"5090"}]}"#;
    for (answer, expected) in [
        (say(404, unknown_reference), "not found 5090"),
        (say(403, "{}"), "rejected 403"),
        (say(429, "{}").with("retry-after", "3"), "rejected 429"),
        (say(302, "").with("location", "http://127.0.0.1:1/"), "unknown"),
        (say(408, ""), "unknown"),
        (say(502, "<html>"), "unknown"),
        (say(200, "<html>"), "nonsense"),
        (
            say(200, payment().replace("acme-shop-1", "acme-shop-2")),
            "nonsense",
        ),
        (say(200, payment().replace("AUTHORIZED", "SETTLED")), "nonsense"),
        (say(200, payment().replacen("NOK", "SEK", 1)), "nonsense"),
        (
            say(200, payment().replacen("\"value\":500", "\"value\":-500", 1)),
            "nonsense",
        ),
        (say(204, ""), "nonsense"),
    ] {
        let upstream = Upstream::start().await;
        upstream.answers(answer);
        let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
        let said = match vipps.read_payment(&access(), &reference()).await.unwrap_err() {
            ReadError::NotFound(rejected) => format!("not found {}", rejected.code.unwrap_or_default()),
            ReadError::Rejected(rejected) => format!("rejected {}", rejected.status),
            ReadError::NotSent { .. } => "not sent".to_owned(),
            ReadError::Unknown { .. } => "unknown".to_owned(),
            ReadError::Nonsense { .. } => "nonsense".to_owned(),
        };
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn the_event_log_is_read_in_its_order_with_names_that_are_new() {
    let event = |name: &str, key: &str, at: &str| {
        format!(
            r#"{{"reference":"acme-shop-1","pspReference":"psp-{name}","name":"{name}","amount":{{"currency":"NOK","value":500}},"timestamp":"{at}","success":true,"more":1{key}}}"#
        )
    };
    let body = format!(
        "[{},{},{}]",
        event("CREATED", r#","idempotencyKey":"K1""#, "2026-11-21T11:00:00.123Z"),
        event(
            "CANCELLED",
            r#","idempotencyKey":null"#,
            "2026-11-21T13:00:00+01:00"
        ),
        event("CHARGED_BACK", "", "2026-11-21T12:30:00"),
    );
    let upstream = Upstream::start().await;
    upstream.answers(say(200, body.clone()));

    let read = vipps(upstream.address, &Arc::new(Hand::new()))
        .read_events(&access(), &reference())
        .await
        .unwrap();

    assert_eq!(
        upstream.calls()[0].path,
        "/epayment/v1/payments/acme-shop-1/events"
    );
    assert_eq!(read.body, body.into_bytes());
    let [created, cancelled, other] = read.events.try_into().unwrap();
    assert_eq!(created.key, Some(UpstreamKey::from_stored("K1")));
    assert_eq!((cancelled.name, cancelled.key), (EventName::Cancelled, None));
    assert_eq!(cancelled.timestamp, datetime!(2026-11-21 12:00 UTC));
    assert_eq!(other.name, EventName::Other("CHARGED_BACK".to_owned()));
    assert_eq!(other.timestamp, datetime!(2026-11-21 12:30 UTC));
}

#[tokio::test]
async fn one_event_that_cannot_be_read_spoils_the_log() {
    let good = r#"{"reference":"acme-shop-1","pspReference":"p","name":"CAPTURED","amount":{"currency":"NOK","value":500},"timestamp":"2026-11-21T11:00:00Z","success":true}"#;
    for bad in [
        good.replace("acme-shop-1", "acme-shop-2"),
        good.replace("2026-11-21T11:00:00Z", "yesterday"),
        good.replace("500", "5.5"),
        good.replace(r#","success":true"#, ""),
        "null".to_owned(),
    ] {
        let upstream = Upstream::start().await;
        upstream.answers(say(200, format!("[{good},{bad}]")));
        let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
        let error = vipps.read_events(&access(), &reference()).await.unwrap_err();
        assert!(matches!(error, ReadError::Nonsense { .. }), "{bad}: {error:?}");
    }
}

#[tokio::test]
async fn an_orders_receipt_comes_as_the_json_it_is() {
    let upstream = Upstream::start().await;
    upstream.answers(say(
        200,
        r#"{"category":null,"receipt":{ "orderLines" : [ ] , "x":1.50 }}"#,
    ));
    upstream.answers(say(200, "{}"));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));

    let with = vipps.read_order(&access(), &reference()).await.unwrap();
    let without = vipps.read_order(&access(), &reference()).await.unwrap();

    assert_eq!(
        with.receipt.as_deref(),
        Some(r#"{ "orderLines" : [ ] , "x":1.50 }"#)
    );
    assert_eq!((with.category, without.receipt), (None, None));
    assert_eq!(upstream.calls()[0].path, "/order-management/v2/ecom/acme-shop-1");
}
