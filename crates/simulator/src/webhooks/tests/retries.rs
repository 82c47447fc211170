//! What counts as an answer, when a delivery is tried again, and when a registration is removed.

use super::*;
use crate::webhooks::delivery::AttemptOutcome;

#[tokio::test]
async fn a_refused_delivery_is_tried_for_seven_days_and_then_the_next_one_begins() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::INTERNAL_SERVER_ERROR).await;
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    simulator.advance(Duration::from_hours(7 * 24)).await;
    let attempts = simulator.test().delivery_attempts();
    let authorized: Vec<_> = attempts
        .iter()
        .filter(|it| it.event == EventName::Authorized)
        .collect();
    assert_eq!(authorized.len(), 35);
    assert_eq!(began(simulator.test())[..8], [0, 2, 4, 6, 66, 186, 3786, 7386]);
    assert_eq!(
        (authorized[0].next, authorized[34].next),
        (Some(NOON + Duration::from_secs(2)), None)
    );
    assert_eq!(attempts[35].event, EventName::Captured);
    assert_eq!(receiver.received().len(), attempts.len());
    simulator.shutdown().await;
}

#[tokio::test]
async fn only_2xx_is_an_answer_and_a_redirect_is_not_followed() {
    let simulator = simulator(0).await;
    let (receiver, elsewhere) = (
        Receiver::start(StatusCode::OK).await,
        Receiver::start(StatusCode::OK).await,
    );
    receiver.redirect(&elsewhere.url("/"));
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    settled(&simulator).await;
    receiver.answer(StatusCode::NOT_FOUND);
    simulator.advance(Duration::from_secs(2)).await;
    receiver.answer(StatusCode::ACCEPTED);
    simulator.advance(Duration::from_secs(2)).await;
    let outcomes: Vec<_> = simulator
        .test()
        .delivery_attempts()
        .into_iter()
        .map(|it| it.outcome)
        .collect();
    assert_eq!(outcomes, [307, 404, 202].map(AttemptOutcome::Answered));
    assert!(elsewhere.received().is_empty());
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_in_time_or_at_all_is_tried_again() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    // Bound and not listening: nobody else gets the port, and connections are refused.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    receiver.fall_silent();
    simulator
        .test()
        .set_dials(|dials| dials.webhooks.answer_within_millis = 50);
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    register(
        simulator.test(),
        unit("100002"),
        &format!("http://{}/", closed.local_addr().unwrap()),
    );
    emit(simulator.test(), "order-1", EventName::Authorized);
    simulator.test().emit(&event(
        simulator.test(),
        "100002",
        "order-2",
        EventName::Authorized,
    ));
    settled(&simulator).await;
    let attempts = simulator.test().delivery_attempts();
    let of = |msn: &str| attempts.iter().find(|it| it.msn == msn).unwrap();
    let late = of("100001");
    assert_eq!(late.outcome, AttemptOutcome::TimedOut);
    // On a virtual clock the attempt has taken as long as it was allowed to, and the wait follows.
    assert_eq!(late.ended - late.began, Duration::from_millis(50));
    assert_eq!(late.next, Some(NOON + Duration::from_millis(2050)));
    assert_eq!(of("100002").outcome, AttemptOutcome::Unreachable);
    assert_eq!(of("100002").next, Some(NOON + Duration::from_secs(2)));
    simulator.shutdown().await;
}

#[tokio::test]
async fn retries_are_signed_afresh_unless_a_dial_says_otherwise() {
    for (re_signed, expected) in [
        (true, "Mon, 02 Nov 2026 12:00:02 GMT"),
        (false, "Mon, 02 Nov 2026 12:00:00 GMT"),
    ] {
        let simulator = simulator(0).await;
        let receiver = Receiver::start(StatusCode::INTERNAL_SERVER_ERROR).await;
        simulator
            .test()
            .set_dials(|dials| dials.webhooks.retries_re_signed = re_signed);
        let (_, secret) = register(simulator.test(), unit("100001"), &receiver.url("/"));
        emit(simulator.test(), "order-1", EventName::Authorized);
        simulator.advance(Duration::from_secs(3)).await;
        let deliveries = receiver.received();
        assert_eq!(deliveries.len(), 2);
        assert_eq!(deliveries[1].header("x-ms-date"), expected);
        assert!(deliveries.iter().all(|it| it.is_signed_with(&secret)));
        simulator.shutdown().await;
    }
}

#[tokio::test]
async fn two_weeks_without_a_good_answer_remove_the_registration() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::GONE).await;
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    simulator.advance(Duration::from_hours(24 * 30)).await;
    assert_eq!(
        simulator.test().webhooks().len(),
        1,
        "nothing was asked of it, so it was not silent"
    );
    emit(simulator.test(), "order-1", EventName::Authorized);
    simulator.advance(Duration::from_secs(14 * 24 * 3600 - 1)).await;
    assert!(simulator.test().webhooks()[0].silent_since.is_some());
    simulator.advance(Duration::from_secs(1)).await;
    assert!(simulator.test().webhooks().is_empty());
    simulator.shutdown().await;
}

#[tokio::test]
async fn one_good_answer_ends_the_silence() {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::GONE).await;
    register(simulator.test(), unit("100001"), &receiver.url("/"));
    emit(simulator.test(), "order-1", EventName::Authorized);
    simulator.advance(Duration::from_hours(5 * 24)).await;
    receiver.answer(StatusCode::OK);
    simulator.advance(Duration::from_hours(2 * 24)).await;
    assert_eq!(simulator.test().webhooks()[0].silent_since, None);
    simulator.advance(Duration::from_hours(14 * 24)).await;
    assert_eq!(simulator.test().webhooks().len(), 1);
    simulator.shutdown().await;
}
