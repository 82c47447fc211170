//! What a 401 does, and what it does not.

use std::sync::Arc;

use domain::{Outcome, Rejected};
use futures_util::future::join_all;
use time::Duration;

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, vipps};
use crate::upstream::{Upstream, say};

const NO: &str =
    r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"},"result":{"message":"(no)"}}"#;

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

fn status(outcome: &Outcome) -> Option<u16> {
    match outcome {
        Outcome::Rejected(Rejected { status, .. }) => Some(*status),
        Outcome::Accepted(_) | Outcome::NotSent { .. } | Outcome::Unknown { .. } => None,
    }
}

fn bearers(upstream: &Upstream) -> Vec<String> {
    let calls = upstream.calls();
    calls
        .iter()
        .map(|call| call.header("authorization").unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn after_a_401_the_same_bytes_go_out_once_more_with_a_fresh_token() {
    let upstream = Upstream::start().await;
    upstream.answers(say(401, NO));
    upstream.answers(say(200, CAPTURED));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));

    assert!(is_accepted(&vipps.send(&capture(), &access()).await));

    let [first, second] = upstream.calls().try_into().unwrap();
    assert_eq!(
        (first.path, first.body),
        (second.path.clone(), second.body.clone())
    );
    assert_eq!(
        first.headers["idempotency-key"],
        second.headers["idempotency-key"]
    );
    assert_eq!(bearers(&upstream), ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let upstream = Upstream::start().await;
    upstream.answers(say(401, NO));
    upstream.answers(say(401, NO));
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;
    assert_eq!(status(&outcome), Some(401));
    assert_eq!((upstream.token_calls().len(), upstream.calls().len()), (2, 2));
}

#[tokio::test]
async fn what_follows_a_401_is_told_as_it_is() {
    let upstream = Upstream::start().await;
    upstream.answers(say(401, NO));
    upstream.answers(say(503, ""));
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_unit_that_is_refused_for_ever_forces_one_fetch_in_thirty_seconds() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    for _ in 0..20 {
        upstream.answers(say(401, NO));
    }
    for _ in 0..5 {
        assert_eq!(status(&vipps.send(&capture(), &access()).await), Some(401));
    }
    // The first token, one forced fetch; then no more, and no second try without one.
    assert_eq!((upstream.token_calls().len(), upstream.calls().len()), (2, 6));

    clock.advance(Duration::seconds(30) - Duration::milliseconds(1));
    vipps.send(&capture(), &access()).await;
    assert_eq!(upstream.token_calls().len(), 2);
    clock.advance(Duration::milliseconds(1));
    vipps.send(&capture(), &access()).await;
    assert_eq!(upstream.token_calls().len(), 3);
}

#[tokio::test]
async fn a_burst_of_401s_of_one_token_costs_one_fetch() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    upstream.answers(say(200, CAPTURED));
    vipps.send(&capture(), &access()).await;
    upstream.revoke("token-1");
    for _ in 0..50 {
        upstream.answers(say(200, CAPTURED));
    }

    let (envelope, access) = (capture(), access());
    let outcomes = join_all((0..50).map(|_| vipps.send(&envelope, &access))).await;

    assert!(outcomes.iter().all(is_accepted));
    assert_eq!(upstream.token_calls().len(), 2);
}

#[tokio::test]
async fn while_a_401_is_looked_into_the_token_goes_on_serving_others() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    upstream.answers(say(200, CAPTURED));
    vipps.send(&capture(), &access()).await;
    let gate = upstream.hold_tokens();
    upstream.answers(say(401, NO));
    upstream.answers(say(200, CAPTURED));
    upstream.answers(say(200, CAPTURED));

    let (envelope, access) = (capture(), access());
    let healthy = async {
        upstream.token_calls_are(2).await;
        let outcome = vipps.send(&envelope, &access).await;
        gate.notify_one();
        outcome
    };
    let (sick, healthy) = tokio::join!(vipps.send(&envelope, &access), healthy);

    assert!(is_accepted(&healthy) && is_accepted(&sick));
    let expected = [
        "Bearer token-1",
        "Bearer token-1",
        "Bearer token-1",
        "Bearer token-2",
    ];
    assert_eq!(bearers(&upstream), expected);
}

#[tokio::test]
async fn a_forced_fetch_that_fails_leaves_the_401_as_the_answer_and_the_token_to_others() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    upstream.answers(say(200, CAPTURED));
    vipps.send(&capture(), &access()).await;
    upstream.token_answers(say(500, ""));
    upstream.answers(say(401, NO));
    upstream.answers(say(200, CAPTURED));

    let sick = vipps.send(&capture(), &access()).await;
    let healthy = vipps.send(&capture(), &access()).await;

    assert_eq!(status(&sick), Some(401));
    assert!(is_accepted(&healthy));
    assert_eq!(bearers(&upstream), ["Bearer token-1"; 3]);
}

#[tokio::test]
async fn keys_that_the_token_service_refuses_are_rejected_with_a_status_that_binds_nothing() {
    for (said, told) in [(400, 401), (401, 401), (403, 403), (429, 429)] {
        let upstream = Upstream::start().await;
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret"}"#;
        upstream.token_answers(say(said, body).with("retry-after", "9"));
        let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
            .send(&capture(), &access())
            .await;
        let Outcome::Rejected(rejected) = outcome else {
            unreachable!("{outcome:?}")
        };
        assert_eq!((rejected.status, rejected.retry_after), (told, Some(9)));
        assert_eq!(rejected.code.as_deref(), Some("invalid_client"));
        assert_eq!(upstream.calls().len(), 0);
    }
}

#[tokio::test]
async fn a_token_service_that_takes_long_to_say_no_is_left_alone_from_then_on() {
    for (said, pause) in [(say(503, ""), 1), (say(429, "{}").with("retry-after", "9"), 9)] {
        let upstream = Upstream::start().await;
        let gate = upstream.hold_tokens();
        let clock = Arc::new(Hand::new());
        let vipps = vipps(upstream.address, &clock);
        upstream.token_answers(said);
        let slowly = async {
            upstream.token_calls_are(1).await;
            clock.advance(Duration::seconds(20));
            gate.notify_one();
        };
        let (envelope, access) = (capture(), access());
        let (first, ()) = tokio::join!(vipps.send(&envelope, &access), slowly);
        assert!(!is_accepted(&first));
        gate.notify_one();
        clock.advance(Duration::seconds(pause) - Duration::MILLISECOND);
        assert!(!is_accepted(&vipps.send(&envelope, &access).await));
        assert_eq!(upstream.token_calls().len(), 1, "it was asked again");
        clock.advance(Duration::MILLISECOND);
        upstream.answers(say(200, CAPTURED));
        assert!(is_accepted(&vipps.send(&envelope, &access).await));
    }
}
