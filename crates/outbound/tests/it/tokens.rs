//! One token for everybody, renewed before it ends.

use std::sync::Arc;

use domain::Outcome;
use futures_util::future::join_all;
use time::Duration;

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, keys, vipps, with_keys};
use crate::upstream::{Upstream, granted, say};

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

/// The bearer of each API call so far, in order.
fn bearers(upstream: &Upstream) -> Vec<String> {
    let calls = upstream.calls();
    let bearer = |call: &crate::upstream::Seen| call.header("authorization").unwrap().replace("Bearer ", "");
    calls.iter().map(bearer).collect()
}

#[tokio::test]
async fn a_hundred_callers_at_once_cost_one_fetch() {
    let upstream = Upstream::start().await;
    let gate = upstream.hold_tokens();
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    let (envelope, access) = (capture(), access());
    for _ in 0..100 {
        upstream.answers(say(200, CAPTURED));
    }

    let opened = async {
        upstream.token_calls_are(1).await;
        gate.notify_one();
    };
    let (outcomes, ()) = tokio::join!(join_all((0..100).map(|_| vipps.send(&envelope, &access))), opened);

    assert!(outcomes.iter().all(is_accepted));
    assert_eq!((upstream.token_calls().len(), upstream.calls().len()), (1, 100));
}

#[tokio::test]
async fn the_caller_who_leaves_does_not_take_the_fetch_with_him() {
    let upstream = Upstream::start().await;
    let gate = upstream.hold_tokens();
    upstream.answers(say(200, CAPTURED));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    let (envelope, access) = (capture(), access());

    tokio::select! {
        biased;
        _ = vipps.send(&envelope, &access) => unreachable!("no token was given yet"),
        () = upstream.token_calls_are(1) => {}
    }
    gate.notify_one();
    let outcome = vipps.send(&envelope, &access).await;

    assert!(is_accepted(&outcome), "{outcome:?}");
    assert_eq!(
        (upstream.token_calls().len(), bearers(&upstream)),
        (1, vec!["token-1".to_owned()])
    );
}

#[tokio::test]
async fn a_token_is_used_until_its_renewal_is_due_and_the_old_one_serves_meanwhile() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    for _ in 0..4 {
        upstream.answers(say(200, CAPTURED));
    }
    // An hour of life: renewal in the last tenth, or up to a twentieth earlier.
    vipps.send(&capture(), &access()).await;
    clock.advance(Duration::minutes(50));
    vipps.send(&capture(), &access()).await;
    assert_eq!(upstream.token_calls().len(), 1);

    clock.advance(Duration::minutes(4));
    let gate = upstream.hold_tokens();
    let served_meanwhile = vipps.send(&capture(), &access()).await;
    upstream.token_calls_are(2).await;
    assert!(is_accepted(&served_meanwhile));
    assert_eq!(bearers(&upstream), ["token-1", "token-1", "token-1"]);

    gate.notify_one();
    clock.advance(Duration::minutes(6));
    vipps.send(&capture(), &access()).await;
    assert_eq!(bearers(&upstream)[3], "token-2");
    assert_eq!(upstream.token_calls().len(), 2);
}

#[tokio::test]
async fn a_token_that_ended_is_not_used() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    upstream.answers(say(200, CAPTURED));
    upstream.answers(say(200, CAPTURED));
    vipps.send(&capture(), &access()).await;
    clock.advance(Duration::hours(2));
    vipps.send(&capture(), &access()).await;
    assert_eq!(bearers(&upstream), ["token-1", "token-2"]);
}

#[tokio::test]
async fn a_renewal_that_fails_harms_nobody_while_the_old_token_lives_and_is_tried_again_later() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    for _ in 0..5 {
        upstream.answers(say(200, CAPTURED));
    }
    vipps.send(&capture(), &access()).await;
    upstream.token_answers(say(503, ""));
    clock.advance(Duration::minutes(55));
    vipps.send(&capture(), &access()).await;
    upstream.token_calls_are(2).await;
    // Wait for the failure to land: the next call must see it and stay calm.
    vipps.settled().await;
    vipps.send(&capture(), &access()).await;
    assert_eq!(upstream.token_calls().len(), 2);

    clock.advance(Duration::seconds(2));
    vipps.send(&capture(), &access()).await;
    upstream.token_calls_are(3).await;
    assert_eq!(bearers(&upstream), ["token-1"; 4]);
}

#[tokio::test]
async fn a_token_service_that_fails_is_not_asked_again_at_once_and_all_waiting_are_told() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let gate = upstream.hold_tokens();
    upstream.token_answers(say(500, ""));
    let vipps = vipps(upstream.address, &clock);
    let (envelope, access) = (capture(), access());
    let told = Outcome::NotSent {
        reason: "no access token: status 500".to_owned(),
    };

    let opened = async {
        upstream.token_calls_are(1).await;
        gate.notify_one();
    };
    let (outcomes, ()) = tokio::join!(join_all((0..10).map(|_| vipps.send(&envelope, &access))), opened);
    assert!(outcomes.iter().all(|outcome| *outcome == told), "{outcomes:?}");
    assert_eq!(vipps.send(&envelope, &access).await, told);
    assert_eq!((upstream.token_calls().len(), upstream.calls().len()), (1, 0));

    clock.advance(Duration::seconds(1));
    upstream.answers(say(200, CAPTURED));
    assert!(is_accepted(&vipps.send(&envelope, &access).await));
}

#[tokio::test]
async fn a_failure_from_before_the_clock_was_set_back_holds_nobody_up() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    upstream.token_answers(say(500, ""));
    vipps.send(&capture(), &access()).await;
    clock.advance(-Duration::hours(2));
    upstream.answers(say(200, CAPTURED));
    assert!(is_accepted(&vipps.send(&capture(), &access()).await));
}

#[tokio::test]
async fn the_pause_after_failures_doubles_and_stays_short() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        upstream.token_answers(say(500, ""));
        let before = upstream.token_calls().len();
        vipps.send(&capture(), &access()).await;
        clock.advance(Duration::seconds(seconds) - Duration::milliseconds(1));
        vipps.send(&capture(), &access()).await;
        assert_eq!(upstream.token_calls().len(), before + 1, "after {seconds} s");
        clock.advance(Duration::milliseconds(1));
    }
}

#[tokio::test]
async fn a_token_service_that_asks_for_patience_gets_it_for_half_a_minute_at_most() {
    for (asked, given) in [("9", 9), ("3600", 30)] {
        let clock = Arc::new(Hand::new());
        let upstream = Upstream::start().await;
        let vipps = vipps(upstream.address, &clock);
        upstream.token_answers(say(429, "{}").with("retry-after", asked));
        vipps.send(&capture(), &access()).await;
        clock.advance(Duration::seconds(given) - Duration::milliseconds(1));
        vipps.send(&capture(), &access()).await;
        assert_eq!(upstream.token_calls().len(), 1, "asked for {asked} s");
        clock.advance(Duration::milliseconds(1));
        vipps.send(&capture(), &access()).await;
        assert_eq!(upstream.token_calls().len(), 2, "asked for {asked} s");
    }
}

#[tokio::test]
async fn an_answer_of_the_token_service_that_makes_no_sense_sends_nothing() {
    for body in ["<html>Sign in</html>", "{}", r#"{"access_token":""}"#, ""] {
        let upstream = Upstream::start().await;
        upstream.token_answers(say(200, body));
        let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
            .send(&capture(), &access())
            .await;
        assert!(matches!(outcome, Outcome::NotSent { .. }), "{body}: {outcome:?}");
        assert_eq!(upstream.calls().len(), 0);
    }
}

#[tokio::test]
async fn every_key_set_and_every_version_of_it_has_its_own_token() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    for change in [
        (|_: &mut domain::KeySet| {}) as fn(&mut domain::KeySet),
        |set| set.version = 2,
        |set| set.id = keys(2).id,
        |_| {},
    ] {
        upstream.answers(say(200, CAPTURED));
        vipps.send(&capture(), &with_keys(change)).await;
    }
    assert_eq!(bearers(&upstream), ["token-1", "token-2", "token-3", "token-1"]);
}

#[tokio::test]
async fn two_processes_hold_tokens_of_their_own() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let both = [vipps(upstream.address, &clock), vipps(upstream.address, &clock)];
    for _ in 0..2 {
        for vipps in &both {
            upstream.answers(say(200, CAPTURED));
            assert!(is_accepted(&vipps.send(&capture(), &access()).await));
        }
    }
    assert_eq!(bearers(&upstream), ["token-1", "token-2", "token-1", "token-2"]);
}

#[tokio::test]
async fn key_sets_fetched_together_are_not_renewed_together() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    let sets: Vec<_> = (1..=20)
        .map(|number| with_keys(|set| set.id = keys(number).id))
        .collect();
    for access in &sets {
        upstream.token_answers(say(200, granted("long", 3600)));
        vipps.send(&capture(), access).await;
    }
    let first = upstream.token_calls().len();
    clock.advance(Duration::minutes(51) + Duration::seconds(30));
    for access in &sets {
        vipps.send(&capture(), access).await;
    }
    vipps.settled().await;
    let renewed = upstream.token_calls().len() - first;
    assert!((1..20).contains(&renewed), "{renewed} of 20");
}
