//! Deliveries that are lost, doubled, delayed, reordered and wrongly signed on demand.

use super::*;
use crate::faults::{Fault, Rule};
use crate::webhooks::delivery::AttemptOutcome;

async fn with(fault: Fault) -> (Simulator, Receiver, String) {
    let simulator = simulator(0).await;
    let receiver = Receiver::start(StatusCode::OK).await;
    let (_, secret) = register(simulator.test(), unit("100001"), &receiver.url("/"));
    simulator
        .test()
        .add_fault(Rule::new("hit", fault).reference("order-1").once());
    (simulator, receiver, secret)
}

#[tokio::test]
async fn a_lost_event_is_never_sent_and_holds_nothing_back() {
    let (simulator, receiver, _) = with(Fault::NeverSent).await;
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    simulator.advance(Duration::from_hours(1)).await;
    assert_eq!(receiver.events(), ["order-1 CAPTURED"]);
    let first = &simulator.test().delivery_attempts()[0];
    assert_eq!(
        (&first.outcome, first.faults.as_slice()),
        (&AttemptOutcome::NeverSent, ["hit".to_owned()].as_slice())
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_doubled_event_is_sent_again_after_it_was_delivered() {
    let (simulator, receiver, secret) = with(Fault::SentAgain { copies: 2 }).await;
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    settled(&simulator).await;
    let deliveries = receiver.received();
    let names: Vec<_> = deliveries
        .iter()
        .map(|it| it.json()["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["AUTHORIZED", "AUTHORIZED", "AUTHORIZED", "CAPTURED"]);
    assert!(deliveries.iter().all(|it| it.is_signed_with(&secret)));
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_delayed_event_delays_those_behind_it_and_no_other_payment() {
    let (simulator, receiver, _) = with(Fault::Delayed { millis: 60_000 }).await;
    emit(simulator.test(), "order-1", EventName::Authorized);
    emit(simulator.test(), "order-1", EventName::Captured);
    emit(simulator.test(), "order-2", EventName::Authorized);
    simulator.advance(Duration::from_secs(59)).await;
    assert_eq!(receiver.events(), ["order-2 AUTHORIZED"]);
    simulator.advance(Duration::from_secs(1)).await;
    assert_eq!(receiver.events(), ["order-1 AUTHORIZED", "order-1 CAPTURED"]);
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_overtaken_event_comes_after_the_next_one_or_when_its_patience_ends() {
    for follow in [true, false] {
        let (simulator, receiver, _) = with(Fault::Overtaken {
            patience_millis: 3_600_000,
        })
        .await;
        emit(simulator.test(), "order-1", EventName::Authorized);
        settled(&simulator).await;
        assert!(receiver.events().is_empty());
        if follow {
            emit(simulator.test(), "order-1", EventName::Captured);
            settled(&simulator).await;
            assert_eq!(receiver.events(), ["order-1 CAPTURED", "order-1 AUTHORIZED"]);
        }
        simulator.advance(Duration::from_hours(1)).await;
        let expected: &[&str] = if follow { &[] } else { &["order-1 AUTHORIZED"] };
        assert_eq!(receiver.events(), expected);
        assert!(simulator.test().pending_deliveries().is_empty());
        simulator.shutdown().await;
    }
}

#[tokio::test]
async fn a_wrongly_signed_attempt_is_followed_by_a_rightly_signed_one_when_it_is_refused() {
    let (simulator, receiver, secret) = with(Fault::WronglySigned).await;
    receiver.answer(StatusCode::UNAUTHORIZED);
    emit(simulator.test(), "order-1", EventName::Authorized);
    simulator.advance(Duration::from_secs(3)).await;
    let signed: Vec<_> = receiver
        .received()
        .iter()
        .map(|it| it.is_signed_with(&secret))
        .collect();
    assert_eq!(signed, [false, true]);
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_deliveries_and_another_seed_others() {
    async fn history(seed: u64) -> Vec<(String, EventName, u32, i64, Vec<String>)> {
        let simulator = simulator(seed).await;
        let receiver = Receiver::start(StatusCode::OK).await;
        register(simulator.test(), unit("100001"), &receiver.url("/"));
        register(simulator.test(), unit("100001"), &receiver.url("/second"));
        let rules = [
            Rule::new("lost", Fault::NeverSent).chance(0.2),
            Rule::new("twice", Fault::SentAgain { copies: 1 }).chance(0.3),
            Rule::new("late", Fault::Delayed { millis: 5_000 }).chance(0.3),
            Rule::new(
                "swapped",
                Fault::Overtaken {
                    patience_millis: 9_000,
                },
            )
            .chance(0.3),
            Rule::new("forged", Fault::WronglySigned).chance(0.2),
        ];
        for rule in rules {
            simulator.test().add_fault(rule);
        }
        for number in 0..20 {
            for name in [EventName::Authorized, EventName::Captured] {
                emit(simulator.test(), &format!("order-{number}"), name);
            }
        }
        simulator.advance(Duration::from_mins(1)).await;
        let attempts = simulator.test().delivery_attempts();
        let of = |it: &crate::webhooks::delivery::Attempt| {
            let since = (it.began - NOON).whole_milliseconds();
            let key = format!("{} {}", it.registration, it.reference);
            (
                key,
                it.event,
                it.attempt,
                i64::try_from(since).unwrap(),
                it.faults.clone(),
            )
        };
        let mut history: Vec<_> = attempts.iter().map(of).collect();
        // Lines run side by side: the history of each is fixed, how they interleave is not.
        history.sort_by(|a, b| a.0.cmp(&b.0));
        simulator.shutdown().await;
        history
    }
    let (one, same, other) = (history(7).await, history(7).await, history(8).await);
    assert_eq!(one, same);
    let struck = |history: &[(String, EventName, u32, i64, Vec<String>)]| -> Vec<Vec<String>> {
        history.iter().map(|it| it.4.clone()).collect()
    };
    assert_ne!(struck(&one), struck(&other));
}
