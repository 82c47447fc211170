//! Who hears of an event, and where deliveries may go.

use super::*;
use crate::webhooks::delivery::AttemptOutcome;
use crate::webhooks::dials::UnitAndPartner;

fn partner(id: &str) -> Bucket {
    Bucket::Partner(id.to_owned())
}

#[tokio::test]
async fn a_registration_hears_of_its_events_at_its_sales_unit_only() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    register(simulator.test(), unit("100002"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    simulator
        .test()
        .emit(&event(simulator.test(), "100002", "order-2", EventName::Created));
    settled(&simulator).await;
    assert!(receiver.received().is_empty() && simulator.test().delivery_attempts().is_empty());
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_partner_hears_of_every_unit_that_is_connected_to_it_when_the_event_happens() {
    let simulator = simulator(0).await;
    let world = simulator.production();
    let (north, south) = (
        Receiver::start(StatusCode::OK).await,
        Receiver::start(StatusCode::OK).await,
    );
    register(world, partner("north"), &north.url("/"));
    register(world, partner("south"), &south.url("/"));
    world.emit(&event(world, "500001", "order-1", EventName::Authorized));
    settled(&simulator).await;
    world.registry_mut().connect("500001", Some("south")).unwrap();
    world.emit(&event(world, "500001", "order-1", EventName::Captured));
    settled(&simulator).await;
    world.emit(&event(world, "500003", "order-3", EventName::Captured));
    settled(&simulator).await;
    assert_eq!(north.events(), ["order-1 AUTHORIZED", "order-3 CAPTURED"]);
    assert_eq!(south.events(), ["order-1 CAPTURED"]);
    simulator.shutdown().await;
}

#[tokio::test]
async fn unit_and_partner_both_hear_unless_a_dial_says_only_the_unit() {
    for (both, heard) in [(UnitAndPartner::Both, 1), (UnitAndPartner::OnlyUnit, 0)] {
        let simulator = simulator(0).await;
        let world = simulator.production();
        world.set_dials(|dials| dials.webhooks.unit_and_partner = both);
        let (own, wide) = (
            Receiver::start(StatusCode::OK).await,
            Receiver::start(StatusCode::OK).await,
        );
        register(world, unit("500001"), &own.url("/"));
        register(world, partner("north"), &wide.url("/"));
        world.emit(&event(world, "500001", "order-1", EventName::Authorized));
        world.emit(&event(world, "500002", "order-2", EventName::Authorized));
        settled(&simulator).await;
        assert_eq!(own.received().len(), 1);
        assert_eq!(
            wide.received().len(),
            heard + 1,
            "the unit without a webhook of its own is always heard"
        );
        simulator.shutdown().await;
    }
}

#[tokio::test]
async fn nothing_but_this_machine_is_called_and_what_was_not_sent_is_no_silence() {
    let simulator = simulator(0).await;
    register(simulator.test(), unit("100001"), "https://example.com/hooks");
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    settled(&simulator).await;
    let outcomes: Vec<_> = simulator
        .test()
        .delivery_attempts()
        .into_iter()
        .map(|it| (it.outcome, it.next))
        .collect();
    assert_eq!(
        outcomes,
        [(AttemptOutcome::Withheld, None), (AttemptOutcome::Withheld, None)]
    );
    assert_eq!(simulator.test().webhooks()[0].silent_since, None);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_public_https_url_can_be_received_on_this_machine_under_its_own_name() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    let address = receiver.address();
    simulator.test().set_dials(|dials| {
        dials
            .webhooks
            .deliver_via
            .insert("hooks.example.com".to_owned(), address);
    });
    let (_, secret) = register(
        simulator.test(),
        unit("100001"),
        "https://hooks.example.com/vipps?unit=1",
    );
    emit(simulator.test(), "order-1", EventName::Authorized);
    settled(&simulator).await;
    let [got] = &receiver.received()[..] else {
        panic!("one delivery")
    };
    assert_eq!(
        (got.header("host"), got.path.as_str()),
        ("hooks.example.com", "/vipps?unit=1")
    );
    assert!(got.is_signed_with(&secret));
    simulator.shutdown().await;
}
