//! Keys are tried before they are used.

use std::sync::Arc;

use domain::{Outcome, Secret};
use nordbro_outbound::vipps::{Fault, ProbeError, ReadError};

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, vipps, with_keys};
use crate::upstream::{Upstream, say};

const KEY_REFUSED: &str = r#"{"statusCode":401,"message":"Access denied due to invalid subscription key."}"#;

#[tokio::test]
async fn good_keys_are_tried_one_by_one_and_the_token_is_kept() {
    let upstream = Upstream::start().await;
    upstream.answers(say(200, CAPTURED));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    let access = with_keys(|keys| keys.secondary_subscription_key = Some(Secret::new("canary-secondary")));

    vipps.probe(&access).await.unwrap();
    let outcome = vipps.send(&capture(), &access).await;

    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    let tried: Vec<_> = upstream
        .token_calls()
        .iter()
        .map(|call| call.header("ocp-apim-subscription-key").unwrap().to_owned())
        .collect();
    assert_eq!(tried, ["canary-primary", "canary-secondary"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_keys_is_told_where_vipps_tells_it() {
    let azure = |code: &str| format!(r#"{{"error":"invalid_client","error_description":"{code}: no"}}"#);
    for (status, body, fault) in [
        (401, KEY_REFUSED.to_owned(), Fault::SubscriptionKey),
        (400, azure("AADSTS700016"), Fault::ClientId),
        (401, azure("AADSTS7000215"), Fault::ClientSecret),
        (401, "{}".to_owned(), Fault::Unclear),
    ] {
        let upstream = Upstream::start().await;
        upstream.token_answers(say(status, body));
        let error = vipps(upstream.address, &Arc::new(Hand::new()))
            .probe(&access())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, ProbeError::Refused { fault: told, .. } if *told == fault),
            "{fault:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_secondary_key_is_found_although_the_primary_works() {
    let upstream = Upstream::start().await;
    upstream.token_answers(say(200, crate::upstream::granted("t", 3600)));
    upstream.token_answers(say(401, KEY_REFUSED));
    let access = with_keys(|keys| keys.secondary_subscription_key = Some(Secret::new("canary-secondary")));
    let error = vipps(upstream.address, &Arc::new(Hand::new()))
        .probe(&access)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ProbeError::Refused {
                fault: Fault::SecondarySubscriptionKey,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_probe_asks_again_although_the_last_fetch_just_failed() {
    let upstream = Upstream::start().await;
    upstream.token_answers(say(500, ""));
    upstream.token_answers(say(500, ""));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    vipps.send(&capture(), &access()).await;

    let down = vipps.probe(&access()).await.unwrap_err();
    assert!(matches!(down, ProbeError::Unavailable { .. }), "{down:?}");
    vipps.probe(&access()).await.unwrap();
    upstream.answers(say(200, CAPTURED));
    let outcome = vipps.send(&capture(), &access()).await;

    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    assert_eq!(upstream.token_calls().len(), 3);
}

#[tokio::test]
async fn a_sales_unit_of_somebody_else_is_told_by_the_webhooks_it_may_not_list() {
    let upstream = Upstream::start().await;
    upstream.answers(say(200, r#"{"webhooks":[]}"#));
    upstream.answers(say(403, "{}"));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));

    vipps.probe_sales_unit(&access()).await.unwrap();
    let error = vipps.probe_sales_unit(&access()).await.unwrap_err();

    assert!(
        matches!(&error, ReadError::Rejected(rejected) if rejected.status == 403),
        "{error:?}"
    );
    assert_eq!(upstream.calls()[0].path, "/webhooks/v1/webhooks");
}
