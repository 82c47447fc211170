//! Many payments over many days.

use std::collections::BTreeMap;
use std::time::Duration;

use nordbro_simulator::EventName;
use time::OffsetDateTime;

use crate::walk::{Client, simulator};

/// 10 000 payments over 200 days that span the change to summer time (29 March 2027). Every second
/// one is approved; every expiry and every release is compared with its instant.
#[tokio::test]
async fn ten_thousand_payments_over_two_hundred_days_expire_and_lapse_on_the_right_second() {
    let simulator = simulator().await;
    let world = simulator.test();
    let mut clients = Vec::new();
    for msn in ["100001", "100003"] {
        clients.push(Client::of(world, msn).await);
    }
    world.set_dials(|dials| dials.token_life_seconds = Some(400 * 86_400));
    for client in &mut clients {
        client.refresh().await;
    }
    let mut created: BTreeMap<String, OffsetDateTime> = BTreeMap::new();
    for nth in 0..10_000_u32 {
        let client = &clients[usize::from(nth % 4 > 1)];
        let reference = format!("order-{nth:06}");
        client.create(&client.web(&reference, 1_000)).await;
        created.insert(reference.clone(), simulator.clock().now());
        if nth % 2 == 0 {
            world.approve(&client.keys.unit.msn, &reference).unwrap();
        }
        simulator.advance(Duration::from_secs(1_728)).await;
    }
    simulator.advance(Duration::from_hours(181 * 24)).await;
    let mut counted = [0, 0, 0];
    for effect in world.ledger() {
        let age = effect.at - created[&effect.reference];
        match effect.name {
            EventName::Expired => {
                assert_eq!(age, time::Duration::minutes(10), "{}", effect.reference);
                counted[0] += 1;
            }
            EventName::Cancelled if effect.msn == "100001" => {
                assert_eq!(age, time::Duration::days(180), "{}", effect.reference);
                counted[1] += 1;
            }
            EventName::Cancelled => {
                assert_eq!(age, time::Duration::days(14), "{}", effect.reference);
                counted[2] += 1;
            }
            EventName::Created | EventName::Authorized => {}
            EventName::Aborted | EventName::Captured | EventName::Refunded | EventName::Terminated => {
                panic!("nobody did this: {effect:?}")
            }
        }
    }
    assert_eq!(counted, [5_000, 2_500, 2_500]);
    simulator.shutdown().await;
}

#[tokio::test]
async fn get_and_events_may_lag_apart() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    simulator.test().set_dials(|dials| {
        dials.get_lag_millis = 2_000;
        dials.events_lag_millis = 5_000;
    });
    north.create(&north.web("order-0001", 1_000)).await;
    assert_eq!(north.payment("order-0001").await.status, 404);
    simulator.advance(Duration::from_secs(2)).await;
    assert_eq!(north.payment("order-0001").await.status, 200);
    assert_eq!(
        north.read("/epayment/v1/payments/order-0001/events").await.status,
        404
    );
    simulator.test().approve("100001", "order-0001").unwrap();
    assert_eq!(
        north.modify("capture", "order-0001", "k", 400).await.body["aggregate"]["capturedAmount"]["value"],
        400
    );
    assert_eq!(north.aggregate("order-0001").await, [0, 0, 0, 0]);
    simulator.advance(Duration::from_secs(3)).await;
    assert_eq!(north.aggregate("order-0001").await, [1_000, 400, 0, 0]);
    assert_eq!(north.events("order-0001").await.len(), 1);
    simulator.advance(Duration::from_secs(2)).await;
    assert_eq!(north.events("order-0001").await.len(), 3);
    simulator.shutdown().await;
}
