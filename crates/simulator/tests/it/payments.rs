//! A payment's life, and what idempotency keys make of it.

use std::time::Duration;

use nordbro_simulator::EventName;
use serde_json::json;

use crate::walk::{Client, names, simulator};

#[tokio::test]
async fn a_payment_is_created_approved_captured_in_parts_refunded_and_its_rest_cancelled() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let created = north.create(&north.web("order-0001", 10_000)).await;
    assert_eq!(created.status, 201);
    assert!(
        created.body["redirectUrl"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    let before = north.payment("order-0001").await;
    assert_eq!(
        (before.body["state"].as_str(), &before.body["profile"]),
        (Some("CREATED"), &json!({}))
    );
    let approved = north
        .post("/epayment/v1/test/payments/order-0001/approve", "", &json!({}))
        .await;
    assert_eq!((approved.status, approved.text.as_str()), (200, ""));

    let captured = north.modify("capture", "order-0001", "capture-1", 6_000).await;
    assert_eq!(
        (captured.status, captured.body["state"].as_str()),
        (200, Some("AUTHORIZED"))
    );
    assert_eq!(captured.body["pspReference"], before.body["pspReference"]);
    assert_eq!(
        north
            .modify("refund", "order-0001", "refund-1", 1_000)
            .await
            .status,
        200
    );
    assert_eq!(north.cancel("order-0001", "cancel-1").await.status, 200);
    assert_eq!(north.aggregate("order-0001").await, [10_000, 6_000, 1_000, 4_000]);

    let events = north.events("order-0001").await;
    assert_eq!(
        names(&events),
        ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]
    );
    assert_eq!(events[2]["idempotencyKey"], "capture-1");
    assert_eq!(events[4].get("idempotencyKey"), None);
    assert_eq!(events[0]["pspReference"], before.body["pspReference"]);
    assert_ne!(events[2]["pspReference"], before.body["pspReference"]);
    let ledger: Vec<_> = simulator
        .test()
        .ledger()
        .into_iter()
        .map(|it| (it.name, it.amount, it.idempotency_key.unwrap_or_default()))
        .collect();
    let told = |name, amount, key: &str| (name, amount, key.to_owned());
    let expected = [
        told(EventName::Created, 10_000, "order-0001"),
        told(EventName::Authorized, 10_000, ""),
        told(EventName::Captured, 6_000, "capture-1"),
        told(EventName::Refunded, 1_000, "refund-1"),
        told(EventName::Cancelled, 4_000, "cancel-1"),
    ];
    assert_eq!(ledger, expected);
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_byte_for_byte_and_have_one_effect() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let first = north.create(&north.web("order-0001", 10_000)).await;
    let again = north.create(&north.web("order-0001", 10_000)).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    simulator.test().approve("100001", "order-0001").unwrap();
    let first = north.modify("capture", "order-0001", "capture-1", 2_000).await;
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-2", 3_000)
            .await
            .status,
        200
    );
    let again = north.modify("capture", "order-0001", "capture-1", 2_000).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(north.aggregate("order-0001").await, [10_000, 5_000, 0, 0]);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_key_with_another_body_is_a_conflict_with_the_operations_own_code() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    let other = north
        .post(
            "/epayment/v1/payments",
            "order-0001",
            &north.web("order-0002", 10_000),
        )
        .await;
    assert_eq!((other.status, other.code()), (409, Some("4020")));
    let taken = north
        .post(
            "/epayment/v1/payments",
            "new-key",
            &north.web("order-0001", 10_000),
        )
        .await;
    assert_eq!((taken.status, taken.code()), (409, Some("4150")));
    assert_eq!(
        north.modify("capture", "order-0001", "key", 2_000).await.status,
        200
    );
    let other = north.modify("capture", "order-0001", "key", 2_001).await;
    assert_eq!((other.status, other.code()), (409, Some("4010")));
    assert_eq!(north.modify("refund", "order-0001", "key", 500).await.status, 200);
    let other = north.modify("refund", "order-0001", "key", 501).await;
    assert_eq!((other.status, other.code()), (409, Some("4150")));
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_refusal_sticks_to_its_key_and_a_new_key_is_free() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.create(&north.web("order-0001", 10_000)).await;
    let early = north.modify("capture", "order-0001", "capture-1", 10_000).await;
    assert_eq!((early.status, early.code()), (400, Some("6080")));
    assert_eq!(early.content_type, "application/problem+json");
    simulator.test().approve("100001", "order-0001").unwrap();
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-1", 10_000)
            .await
            .code(),
        Some("6080")
    );
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-2", 10_000)
            .await
            .status,
        200
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_key_that_is_forgotten_moves_the_money_again() {
    let simulator = simulator().await;
    simulator
        .test()
        .set_dials(|dials| dials.keys_remembered_seconds = Some(5_400));
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-1", 2_000)
            .await
            .status,
        200
    );
    let just_before = simulator.clock().now();
    simulator.advance(Duration::from_secs(5_399)).await;
    // The test world's tokens live for an hour.
    let north = Client::of(simulator.test(), "100001").await;
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-1", 2_000)
            .await
            .status,
        200
    );
    assert_eq!(north.aggregate("order-0001").await[1], 2_000);
    simulator.advance(Duration::from_secs(1)).await;
    assert_eq!(simulator.clock().now() - just_before, Duration::from_mins(90));
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-1", 2_000)
            .await
            .status,
        200
    );
    assert_eq!(north.aggregate("order-0001").await[1], 4_000);
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_sixth_write_and_the_hundred_and_twenty_first_read_in_a_minute_are_refused() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    for nth in 1..=5 {
        assert_eq!(
            north
                .modify("capture", "order-0001", &format!("key-{nth}"), 100)
                .await
                .status,
            200
        );
    }
    let refused = north.modify("capture", "order-0001", "key-6", 100).await;
    assert_eq!(
        (refused.status, refused.body["statusCode"].as_u64()),
        (429, Some(429))
    );
    assert_eq!(refused.headers.get("retry-after"), None);
    for _ in 0..120 {
        assert_eq!(north.payment("order-0001").await.status, 200);
    }
    simulator.test().set_dials(|dials| dials.retry_after = true);
    let refused = north.payment("order-0001").await;
    assert_eq!(
        (refused.status, refused.headers["retry-after"].to_str().unwrap()),
        (429, "60")
    );
    simulator.advance(Duration::from_mins(1)).await;
    assert_eq!(
        north.modify("capture", "order-0001", "key-6", 100).await.status,
        200
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_misspelt_reference_shares_one_bucket_with_all_others() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let mut statuses = Vec::new();
    for nth in 0..6 {
        let mut body = north.web(&format!("order-000{nth}"), 10_000);
        body["refrence"] = body["reference"].take();
        body.as_object_mut().unwrap().remove("reference");
        statuses.push(
            north
                .post("/epayment/v1/payments", &format!("key-{nth}"), &body)
                .await
                .status,
        );
    }
    assert_eq!(statuses, [400, 400, 400, 400, 400, 429]);
    simulator.shutdown().await;
}
