//! Deliveries on a virtual clock to a receiver on this machine.

mod faults;
mod order;
mod receiver;
mod retries;
mod who;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::clock::ClockMode;
use crate::epayment::{Currency, Event, EventName};
use crate::lock::Held as _;
use crate::start::{Options, Simulator};
use crate::webhooks::book::Bucket;
use crate::webhooks::rules;
use crate::webhooks::tests::receiver::Receiver;
use crate::world::World;

const NOON: OffsetDateTime = datetime!(2026-11-02 12:00 UTC);
const ALL: [&str; 3] = [
    "epayments.payment.authorized.v1",
    "epayments.payment.captured.v1",
    "epayments.payment.refunded.v1",
];

async fn simulator(seed: u64) -> Simulator {
    let options = Options {
        clock: ClockMode::Virtual { start: NOON },
        seed,
        ..Options::default()
    };
    Simulator::start(options).await.unwrap()
}

/// Registers `url` for all events of the tests and returns the id and the secret.
fn register(world: &World, bucket: Bucket, url: &str) -> (Uuid, String) {
    let body = serde_json::json!({ "url": url, "events": ALL }).to_string();
    let wanted = rules::parse(body.as_bytes(), true).unwrap();
    let mut state = world.webhooks.state.held();
    let name = world.environment().name();
    let made = state
        .book
        .register(world.seed, name, bucket, wanted, world.clock().now())
        .unwrap();
    (made.id, made.secret.clone())
}

fn unit(msn: &str) -> Bucket {
    Bucket::SalesUnit(msn.to_owned())
}

/// An event of the payment `reference` at the sales unit `msn`, now.
fn event(world: &World, msn: &str, reference: &str, name: EventName) -> Event {
    Event {
        msn: msn.to_owned(),
        reference: reference.to_owned(),
        psp_reference: format!("psp-{reference}-{}", name.name()),
        name,
        amount: 1000,
        currency: Currency::Nok,
        at: world.clock().now(),
        success: true,
        idempotency_key: None,
        capture_guaranteed_until: None,
        user_details: None,
        sub: None,
    }
}

fn emit(world: &World, reference: &str, name: EventName) {
    world.emit(&event(world, "100001", reference, name));
}

/// Until every attempt that is due has been made.
async fn settled(simulator: &Simulator) {
    simulator.advance(Duration::ZERO).await;
}

/// The instants of all attempts, in seconds since noon.
fn began(world: &Arc<World>) -> Vec<i64> {
    world
        .delivery_attempts()
        .iter()
        .map(|it| (it.began - NOON).whole_seconds())
        .collect()
}

#[tokio::test]
async fn a_delivery_is_signed_and_says_what_the_published_sample_says() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    let (id, secret) = register(simulator.test(), unit("100001"), &receiver.url("/hooks?a=b"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    settled(&simulator).await;
    let [got] = &receiver.received()[..] else {
        panic!("one delivery")
    };
    assert_eq!(
        (got.path.as_str(), got.header("content-type")),
        ("/hooks?a=b", "application/json")
    );
    assert_eq!(got.header("host"), receiver.host());
    assert_eq!(got.header("webhook-id"), id.to_string());
    assert_eq!(got.header("x-ms-date"), "Mon, 02 Nov 2026 12:00:00 GMT");
    assert!(got.is_signed_with(&secret) && !got.is_signed_with("another secret"));
    assert_eq!(got.json()["name"], "AUTHORIZED");
    assert_eq!(got.json()["timestamp"], "2026-11-02T12:00:00.000Z");
    assert_eq!(
        got.json()["amount"],
        serde_json::json!({ "currency": "NOK", "value": 1000 })
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_reset_world_forgets_registrations_deliveries_and_their_timers() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::SERVICE_UNAVAILABLE).await;
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    settled(&simulator).await;
    simulator.test().reset();
    assert!(simulator.test().webhooks().is_empty() && simulator.test().delivery_attempts().is_empty());
    // The same registration and the same payment again: the timer of the first must not try them.
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    simulator.advance(Duration::from_secs(10)).await;
    assert_eq!(began(simulator.test()), [0, 2, 4, 6]);
    assert_eq!(receiver.received().len(), 1 + 4);
    simulator.shutdown().await;
}
