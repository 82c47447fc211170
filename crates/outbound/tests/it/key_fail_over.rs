//! Two subscription keys, so that one can be changed without a pause.

use std::sync::Arc;

use domain::{Outcome, Secret};
use nordbro_outbound::Access;
use time::Duration;

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, vipps, with_keys};
use crate::upstream::{Seen, Upstream, say};

const KEY_REFUSED: &str = r#"{"statusCode":401,"message":"Access denied due to invalid Subscription Key. Make sure to provide a valid key for an active subscription."}"#;

fn two_keys() -> Access {
    with_keys(|keys| keys.secondary_subscription_key = Some(Secret::new("canary-secondary")))
}

fn keys_used(calls: &[Seen]) -> Vec<&str> {
    calls
        .iter()
        .map(|call| call.header("ocp-apim-subscription-key").unwrap())
        .collect()
}

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

#[tokio::test]
async fn a_refused_primary_key_is_replaced_by_the_secondary_with_the_same_token_and_bytes() {
    let clock = Arc::new(Hand::new());
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &clock);
    upstream.answers(say(401, KEY_REFUSED));
    for _ in 0..4 {
        upstream.answers(say(200, CAPTURED));
    }

    assert!(is_accepted(&vipps.send(&capture(), &two_keys()).await));
    assert!(is_accepted(&vipps.send(&capture(), &two_keys()).await));
    clock.advance(Duration::minutes(10));
    assert!(is_accepted(&vipps.send(&capture(), &two_keys()).await));

    let calls = upstream.calls();
    assert_eq!(
        keys_used(&calls),
        [
            "canary-primary",
            "canary-secondary",
            "canary-secondary",
            "canary-primary"
        ],
        "remembered for ten minutes"
    );
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(
        calls[0].headers["authorization"],
        calls[1].headers["authorization"]
    );
    assert_eq!(
        upstream.token_calls().len(),
        1,
        "a subscription key says nothing about the token"
    );
}

#[tokio::test]
async fn the_token_service_is_asked_with_the_secondary_key_too() {
    let upstream = Upstream::start().await;
    upstream.token_answers(say(401, KEY_REFUSED));
    upstream.answers(say(200, CAPTURED));

    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &two_keys())
        .await;

    assert!(is_accepted(&outcome), "{outcome:?}");
    assert_eq!(
        keys_used(&upstream.token_calls()),
        ["canary-primary", "canary-secondary"]
    );
    assert_eq!(keys_used(&upstream.calls()), ["canary-secondary"]);
}

#[tokio::test]
async fn two_refused_keys_are_a_refusal_after_two_requests() {
    let upstream = Upstream::start().await;
    upstream.answers(say(401, KEY_REFUSED));
    upstream.answers(say(401, KEY_REFUSED));
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &two_keys())
        .await;
    assert!(
        matches!(&outcome, Outcome::Rejected(rejected) if rejected.status == 401),
        "{outcome:?}"
    );
    assert_eq!((upstream.token_calls().len(), upstream.calls().len()), (1, 2));
}

#[tokio::test]
async fn without_a_secondary_key_a_refused_one_is_looked_into_like_any_401() {
    let upstream = Upstream::start().await;
    upstream.answers(say(401, KEY_REFUSED));
    upstream.answers(say(401, KEY_REFUSED));
    let outcome = vipps(upstream.address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;
    assert!(
        matches!(&outcome, Outcome::Rejected(rejected) if rejected.status == 401),
        "{outcome:?}"
    );
    assert_eq!(upstream.token_calls().len(), 2);
}
