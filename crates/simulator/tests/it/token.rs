//! The Access Token API.

use crate::walk::{Client, got, http, simulator};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nordbro_simulator::Owner;

#[tokio::test]
async fn a_standard_token_lives_an_hour_in_test_and_a_day_in_production_and_says_so_in_strings() {
    let simulator = simulator().await;
    for (world, msn, life) in [
        (simulator.test(), "100001", "3600"),
        (simulator.production(), "500001", "86400"),
    ] {
        let token = Client::of(world, msn).await.fetch_token().await;
        assert_eq!(token.status, 200);
        assert_eq!(token.body["expires_in"], life);
        assert_eq!(token.body["token_type"], "Bearer");
        assert!(token.body["expires_on"].is_string() && token.body["not_before"].is_string());
        assert!(token.body["access_token"].as_str().unwrap().len() > 1000);
    }
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_wrong_secret_and_a_subscription_key_of_another_unit_get_no_token() {
    let simulator = simulator().await;
    let mut client = Client::of(simulator.test(), "100001").await;
    let right = client.keys.clone();
    client.keys.keys.client_secret = "wrong".into();
    let refused = client.fetch_token().await;
    assert_eq!(
        (refused.status, refused.body["error"].as_str()),
        (401, Some("invalid_client"))
    );
    client.keys = right;
    client.keys.keys.primary_subscription_key = Client::of(simulator.test(), "100002")
        .await
        .keys
        .keys
        .primary_subscription_key;
    let refused = client.fetch_token().await;
    assert_eq!(
        (
            refused.status,
            refused.body["responseInfo"]["responseCode"].as_u64()
        ),
        (401, Some(401))
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_specialised_token_exists_in_production_only_and_takes_no_subscription_key() {
    let simulator = simulator().await;
    let keys = simulator
        .production()
        .registry()
        .keys_of(&Owner::Partner("north".into()))
        .cloned()
        .unwrap();
    let basic = STANDARD.encode(format!("{}:{}", keys.client_id, keys.client_secret));
    let ask = |url: String| {
        http()
            .post(format!("{url}/miami/v1/token"))
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
    };
    let token = got(ask(simulator.production().url())).await;
    assert_eq!(
        (token.status, token.body["expires_in"].as_u64()),
        (200, Some(900))
    );
    let stray =
        ask(simulator.production().url()).header("Ocp-Apim-Subscription-Key", &keys.primary_subscription_key);
    let stray = got(stray).await;
    assert_eq!(
        (stray.status, stray.body["error"].as_str()),
        (401, Some("invalid_client"))
    );
    assert_eq!(got(ask(simulator.test().url())).await.status, 404);
    simulator.shutdown().await;
}
