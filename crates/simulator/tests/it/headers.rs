//! The header rules.

use nordbro_simulator::{Owner, SystemHeaders, Which};
use serde_json::json;

use crate::walk::{Client, got, simulator};

#[tokio::test]
async fn a_call_without_bearer_or_with_a_foreign_token_or_subscription_key_is_401_in_the_gateways_shape() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let other = Client::of(simulator.test(), "100002").await;
    let production = Client::of(simulator.production(), "500001").await;
    north.authorized("order-0001", 1_000).await;
    let ask = |authorization: String, key: Option<&str>| {
        let request = north
            .http
            .get(format!("{}/epayment/v1/payments/order-0001", north.world.url()))
            .header("Authorization", authorization)
            .header("Merchant-Serial-Number", "100001");
        got(match key {
            Some(key) => request.header("Ocp-Apim-Subscription-Key", key),
            None => request,
        })
    };
    let key = north.keys.keys.primary_subscription_key.as_str();
    assert_eq!(
        ask(format!("Bearer {}", north.token), Some(key)).await.status,
        200
    );
    let secondary = north.keys.keys.secondary_subscription_key.as_str();
    assert_eq!(
        ask(format!("Bearer {}", north.token), Some(secondary))
            .await
            .status,
        200
    );
    for (authorization, key) in [
        (north.token.clone(), Some(key)),
        (format!("bearer {}", north.token), Some(key)),
        (format!("Bearer {}x", north.token), Some(key)),
        (format!("Bearer {}", production.token), Some(key)),
        (format!("Bearer {}", north.token), None),
        (
            format!("Bearer {}", north.token),
            Some(other.keys.keys.primary_subscription_key.as_str()),
        ),
    ] {
        let refused = ask(authorization, key).await;
        assert_eq!(
            (
                refused.status,
                refused.body["responseInfo"]["responseCode"].as_u64()
            ),
            (401, Some(401))
        );
    }
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_msn_the_keys_do_not_reach_is_403_and_one_that_is_no_msn_400() {
    let simulator = simulator().await;
    let mut north = Client::of(simulator.test(), "100001").await;
    for (msn, status) in [("100002", 403), ("999999", 403), ("12x4", 400), ("123", 400)] {
        north.keys.unit.msn = msn.into();
        assert_eq!(north.payment("order-0001").await.status, status, "{msn}");
    }
    simulator.shutdown().await;
}

#[tokio::test]
async fn partner_keys_reach_connected_units_only_and_lose_a_unit_that_changes_partner() {
    let simulator = simulator().await;
    let world = simulator.production();
    let mut north = Client::of(world, "500001").await;
    north.keys.keys = world
        .registry()
        .keys_of(&Owner::Partner("north".into()))
        .cloned()
        .unwrap();
    north.refresh().await;
    for (msn, status) in [("500001", 404), ("500003", 404), ("600001", 403)] {
        north.keys.unit.msn = msn.into();
        assert_eq!(north.payment("order-0001").await.status, status, "{msn}");
    }
    world.registry_mut().connect("500001", Some("south")).unwrap();
    north.keys.unit.msn = "500001".into();
    assert_eq!(north.payment("order-0001").await.status, 403);
    world.registry_mut().connect("600001", Some("north")).unwrap();
    north.keys.unit.msn = "600001".into();
    assert_eq!(north.payment("order-0001").await.status, 404);
    simulator.shutdown().await;
}

#[tokio::test]
async fn regenerated_keys_shut_the_old_token_out_and_a_rotated_subscription_key_only_itself() {
    let simulator = simulator().await;
    let world = simulator.test();
    let mut north = Client::of(world, "100001").await;
    let owner = Owner::SalesUnit("100001".into());
    let rotated = world.registry_mut().rotate(&owner, Which::Primary).unwrap();
    assert_eq!(north.payment("order-0001").await.status, 401);
    north.keys.keys.primary_subscription_key = rotated.secondary_subscription_key.clone();
    assert_eq!(north.payment("order-0001").await.status, 404);
    let new = world.registry_mut().regenerate(&owner).unwrap();
    assert_eq!(north.payment("order-0001").await.status, 401);
    assert_eq!(north.fetch_token().await.status, 401);
    north.keys.keys = new;
    north.refresh().await;
    assert_eq!(north.payment("order-0001").await.status, 404);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_token_ends_on_its_second() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    simulator
        .advance(std::time::Duration::from_millis(3_599_999))
        .await;
    assert_eq!(north.payment("order-0001").await.status, 404);
    simulator.advance(std::time::Duration::from_millis(1)).await;
    assert_eq!(north.payment("order-0001").await.status, 401);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_system_header_over_thirty_characters_is_refused_and_a_missing_one_where_the_dial_says_so() {
    let simulator = simulator().await;
    let world = simulator.test();
    let north = Client::of(world, "100001").await;
    let bare = || {
        north
            .http
            .get(format!("{}/epayment/v1/payments/order-0001", world.url()))
            .header("Authorization", format!("Bearer {}", north.token))
            .header(
                "Ocp-Apim-Subscription-Key",
                &north.keys.keys.primary_subscription_key,
            )
            .header("Merchant-Serial-Number", "100001")
    };
    assert_eq!(
        got(bare().header("Vipps-System-Name", "x".repeat(30)))
            .await
            .status,
        404
    );
    assert_eq!(
        got(bare().header("Vipps-System-Name", "x".repeat(31)))
            .await
            .status,
        400
    );
    assert_eq!(got(bare()).await.status, 404);
    assert_eq!(world.requests().last().unwrap().missing_system_headers.len(), 4);
    world.set_dials(|dials| dials.system_headers = SystemHeaders::RequiredWithPartnerKeys);
    assert_eq!(got(bare()).await.status, 404);
    world.set_dials(|dials| dials.system_headers = SystemHeaders::Required);
    let refused = got(bare()).await;
    assert_eq!(
        (refused.status, &refused.body["extraDetails"][0]["name"]),
        (400, &json!("vipps-system-name"))
    );
    simulator.shutdown().await;
}
