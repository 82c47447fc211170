//! Order per registration and payment, and nobody waits for anybody else.

use super::*;

#[tokio::test]
async fn a_failing_event_holds_back_the_later_ones_of_its_payment_and_no_other_payment() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    receiver.refuse(Some("AUTHORIZED"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    settled(&simulator).await;
    emit(simulator.test(), "order-2", EventName::Captured);
    settled(&simulator).await;
    assert_eq!(receiver.events(), ["order-1 AUTHORIZED", "order-2 CAPTURED"]);
    let [pending] = &simulator.test().pending_deliveries()[..] else {
        panic!("one line")
    };
    assert_eq!(
        (
            pending.reference.as_str(),
            pending.event,
            pending.attempts,
            pending.deliveries
        ),
        ("order-1", Some(EventName::Authorized), 1, 2)
    );
    receiver.refuse(None);
    simulator.advance(Duration::from_secs(2)).await;
    assert_eq!(receiver.events(), ["order-1 AUTHORIZED", "order-1 CAPTURED"]);
    assert!(simulator.test().pending_deliveries().is_empty());
    simulator.shutdown().await;
}

#[tokio::test]
async fn events_of_one_payment_arrive_in_the_order_they_happened() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    for name in [EventName::Authorized, EventName::Captured, EventName::Refunded] {
        emit(simulator.test(), "order-1", name);
    }
    settled(&simulator).await;
    assert_eq!(
        receiver.events(),
        ["order-1 AUTHORIZED", "order-1 CAPTURED", "order-1 REFUNDED"]
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_registration_that_never_answers_does_not_delay_another_one() {
    let simulator = simulator(0).await;
    let (silent, prompt) = (
        Receiver::start(StatusCode::OK).await,
        Receiver::start(StatusCode::OK).await,
    );
    silent.fall_silent();
    simulator
        .test()
        .set_dials(|dials| dials.webhooks.answer_within_millis = 500);
    register(simulator.test(), unit("100001"), &silent.url("/"));
    register(simulator.test(), unit("100001"), &prompt.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    settled(&simulator).await;
    assert_eq!(prompt.events(), ["order-1 AUTHORIZED", "order-1 CAPTURED"]);
    assert_eq!(silent.events(), ["order-1 AUTHORIZED"]);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_deleted_registration_hears_nothing_more_of_what_stood_in_line() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::BAD_GATEWAY).await;
    let (id, _) = register(simulator.test(), unit("100001"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    settled(&simulator).await;
    assert!(simulator.test().webhooks.state.held().remove(&unit("100001"), id));
    simulator.advance(Duration::from_hours(2)).await;
    assert_eq!(receiver.received().len(), 1);
    assert!(simulator.test().pending_deliveries().is_empty());
    simulator.shutdown().await;
}
