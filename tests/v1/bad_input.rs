//! Garbage in: an answer that names the field, the reason and the remedy, and nothing at Vipps.

use axum::body::Body;
use serde_json::json;

use crate::world::{World, create};

#[tokio::test]
async fn a_body_that_is_no_body_never_reaches_vipps() {
    let world = World::new().await;
    let north = &world.north;
    let path = north.unit("/payments");
    world.simulator.test().clear_requests();
    let deep = "[".repeat(100_000);
    let large = " ".repeat(300 * 1024);
    for (body, status, code) in [
        ("".as_bytes(), 400, "body_not_json"),
        (b"garbage", 400, "body_not_json"),
        (b"{\"amount\":", 400, "body_not_json"),
        (b"{} trailing", 400, "body_not_json"),
        (b"\xff\xfe{\x00}\x00", 400, "body_not_json"),
        (b"{\"reference\":\"\xc3\x28\"}", 400, "body_not_json"),
        (deep.as_bytes(), 400, "body_too_deep"),
        (large.as_bytes(), 413, "body_too_large"),
        (b"[]", 400, "invalid_request"),
        (b"null", 400, "invalid_request"),
    ] {
        let key = [("idempotency-key", "create-1")];
        let answer = north.raw("POST", &path, &key, body.to_vec()).await;
        answer.refuses(status, code);
    }
    let plain = [("idempotency-key", "create-1"), ("content-type", "text/plain")];
    let answer = north
        .raw("POST", &path, &plain, create("acme-shop-1").to_string())
        .await;
    answer.refuses(415, "unsupported_media_type");
    let broken = futures_util::stream::iter([Err::<&str, _>(std::io::Error::other("reset"))]);
    let key = [("idempotency-key", "create-1")];
    let answer = north.raw("POST", &path, &key, Body::from_stream(broken)).await;
    answer.refuses(400, "body_incomplete");
    assert!(world.simulator.test().requests().is_empty());
    // None of them used up the key.
    north
        .post(&path, "create-1", &create("acme-shop-1"))
        .await
        .is(201);
}

#[tokio::test]
async fn every_wrong_value_of_a_request_is_named_at_once() {
    let world = World::new().await;
    let north = &world.north;
    let body = r#"{"amount":{"currency":"nok","value":"49.90","value":10.5},"paymentMethod":{},"reference":"x","userFlow":7}"#;
    let headers = [
        ("merchant-serial-number", "999999"),
        ("prefer", "wait=soon"),
        ("idempotency-key", "key"),
        ("idempotency-key", "another"),
    ];
    let faults = north
        .raw("POST", &north.unit("/payments"), &headers, body)
        .await
        .faults();
    assert_eq!(
        faults,
        [
            "header Merchant-Serial-Number",
            "header Idempotency-Key",
            "header Prefer",
            "amount.value",
            "amount.currency",
            "amount.value",
            "reference",
            "userFlow",
            "paymentMethod.type",
        ]
    );
}

#[tokio::test]
async fn a_reference_and_an_operation_of_the_path_are_checked() {
    let world = World::new().await;
    let north = &world.north;
    for reference in ["short", "under_score_1", "bl%C3%A5b%C3%A6r-syltet%C3%B8y"] {
        let faults = north
            .get(&north.unit(&format!("/payments/{reference}")))
            .await
            .faults();
        assert_eq!(faults, ["path reference"]);
    }
    let operation = north
        .get(&north.unit("/payments/acme-shop-1/operations/op_1"))
        .await;
    operation.refuses(404, "operation_not_found");
    let query = north
        .get(&north.unit("/payments?state=CAPTURED&limit=0&colour=red"))
        .await
        .faults();
    assert_eq!(query, ["query state", "query limit", "query colour"]);
}

#[tokio::test]
async fn an_unknown_currency_and_unknown_fields_are_vipps_to_judge() {
    let world = World::new().await;
    let north = &world.north;
    let mut body = create("acme-shop-1");
    body["amount"]["currency"] = json!("ISK");
    let answer = north.post(&north.unit("/payments"), "create-1", &body).await;
    assert!(answer.body["vipps"]["status"].is_u64(), "{:#}", answer.body);
}
