//! What Vipps does not say, set both ways.

use std::time::Duration;

use nordbro_simulator::{EventName, RefundWindow};

use crate::walk::{Client, names, simulator};

#[tokio::test]
async fn the_scope_of_a_key_is_a_dial() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Client::of(world, "500001").await;
    north.authorized("order-0001", 1_000).await;
    north.authorized("order-0002", 1_000).await;
    assert_eq!(
        north.modify("capture", "order-0001", "key", 100).await.status,
        200
    );
    assert_eq!(
        north.modify("capture", "order-0002", "key", 100).await.code(),
        Some("4010")
    );
    assert_eq!(north.modify("refund", "order-0001", "key", 100).await.status, 200);
    world.set_dials(|dials| dials.key_scope.reference = true);
    assert_eq!(
        north.modify("capture", "order-0001", "other", 100).await.status,
        200
    );
    assert_eq!(
        north.modify("capture", "order-0002", "other", 100).await.status,
        200
    );
    world.set_dials(|dials| dials.key_scope.operation = false);
    assert_eq!(
        north.modify("capture", "order-0001", "third", 100).await.status,
        200
    );
    assert_eq!(
        north.modify("refund", "order-0001", "third", 100).await.code(),
        Some("4150")
    );

    let mut partner = Client::of(world, "500001").await;
    let owner = nordbro_simulator::Owner::Partner("north".into());
    partner.keys.keys = world.registry().keys_of(&owner).cloned().unwrap();
    partner.refresh().await;
    assert_eq!(
        partner.modify("capture", "order-0001", "third", 200).await.status,
        200,
        "another client"
    );
    world.set_dials(|dials| dials.key_scope.client = false);
    assert_eq!(
        partner
            .modify("capture", "order-0001", "fourth", 100)
            .await
            .status,
        200
    );
    simulator.advance(Duration::from_mins(1)).await;
    let before = north.aggregate("order-0001").await;
    assert_eq!(
        north.modify("capture", "order-0001", "fourth", 100).await.status,
        200
    );
    assert_eq!(
        north.aggregate("order-0001").await,
        before,
        "the same key, whoever asks"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn which_events_carry_no_key_and_which_statuses_stick_are_dials() {
    let simulator = simulator().await;
    let world = simulator.test();
    let north = Client::of(world, "100001").await;
    world.set_dials(|dials| {
        dials.events_without_key = vec![EventName::Captured];
        dials.sticky_statuses = vec![];
    });
    north.create(&north.web("order-0001", 1_000)).await;
    assert_eq!(
        north.modify("capture", "order-0001", "k", 400).await.code(),
        Some("6080")
    );
    world.approve("100001", "order-0001").unwrap();
    assert_eq!(north.modify("capture", "order-0001", "k", 400).await.status, 200);
    assert_eq!(north.cancel("order-0001", "c").await.status, 200);
    let events = north.events("order-0001").await;
    let keys: Vec<_> = events
        .iter()
        .map(|event| event["idempotencyKey"].as_str())
        .collect();
    assert_eq!(names(&events), ["CREATED", "AUTHORIZED", "CAPTURED", "CANCELLED"]);
    assert_eq!(keys, [Some("order-0001"), None, None, Some("c")]);
    assert_eq!(
        world.ledger_of("100001", "order-0001")[2]
            .idempotency_key
            .as_deref(),
        Some("k"),
        "the ledger knows"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn release_at_the_deadline_and_the_refund_window_are_dials() {
    let simulator = simulator().await;
    let world = simulator.test();
    world.set_dials(|dials| {
        dials.release_at_deadline = false;
        dials.refund_window = RefundWindow::FromReservation;
        dials.token_life_seconds = Some(400 * 86_400);
    });
    let north = Client::of(world, "100001").await;
    north.authorized("order-0001", 1_000).await;
    simulator.advance(Duration::from_hours(179 * 24)).await;
    assert_eq!(north.modify("capture", "order-0001", "k", 400).await.status, 200);
    simulator.advance(Duration::from_hours(24)).await;
    assert_eq!(north.aggregate("order-0001").await, [1_000, 400, 0, 0]);
    assert_eq!(
        north.modify("capture", "order-0001", "k2", 400).await.code(),
        Some("6100")
    );
    simulator.advance(Duration::from_hours(185 * 24)).await;
    assert_eq!(
        north.modify("refund", "order-0001", "r", 100).await.code(),
        Some("6220"),
        "365 days after the reservation"
    );
    world.set_dials(|dials| dials.refund_window = RefundWindow::FromCapture);
    assert_eq!(north.modify("refund", "order-0001", "r2", 100).await.status, 200);
    simulator.shutdown().await;
}

#[tokio::test]
async fn order_management_may_be_missing_from_a_world() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    simulator.test().set_dials(|dials| dials.order_management = false);
    let absent = north.read("/order-management/v2/ecom/order-0001").await;
    assert_eq!(
        (absent.status, absent.body["message"].as_str()),
        (404, Some("Resource not found"))
    );
    simulator.shutdown().await;
}
