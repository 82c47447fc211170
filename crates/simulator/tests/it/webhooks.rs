//! Webhooks API v1: registering, listing and deleting.

use nordbro_simulator::{Owner, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::api::Caller;
use crate::walk::{Got, got, simulator};

const PATH: &str = "/webhooks/v1/webhooks";

fn body(event: &str) -> Value {
    json!({ "url": "https://example.com/hooks/vipps", "events": [event] })
}

fn captured() -> Value {
    body("epayments.payment.captured.v1")
}

/// The first name among the `extraDetails` of a problem in shape 1.
fn field(got: &Got) -> &str {
    assert_eq!(
        (got.status, got.content_type.as_str()),
        (400, "application/problem+json")
    );
    for member in ["type", "title", "detail", "instance", "traceId"] {
        assert!(got.body[member].is_string(), "{member} in {}", got.text);
    }
    assert_eq!(got.body["status"], 400);
    assert!(got.body["extraDetails"][0]["reason"].is_string());
    got.body["extraDetails"][0]["name"].as_str().unwrap()
}

async fn listed(caller: &Caller) -> usize {
    caller.get(PATH).await.body["webhooks"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_registration_is_created_listed_without_its_secret_and_deleted() {
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    let created = shop.post(PATH, &captured()).await;
    assert_eq!(created.status, 201);
    let id = created.body["id"].as_str().unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok());
    assert!(created.body["secret"].as_str().unwrap().len() > 32);
    assert_eq!(created.body.as_object().unwrap().len(), 2);
    let list = shop.get(PATH).await;
    let expected = json!({ "webhooks": [
        { "id": id, "url": "https://example.com/hooks/vipps", "events": ["epayments.payment.captured.v1"] }
    ] });
    assert_eq!((list.status, list.body), (200, expected));
    let deleted = shop.delete(&format!("{PATH}/{id}")).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(listed(&shop).await, 0);
    simulator.shutdown().await;
}

#[tokio::test]
async fn deleting_what_is_not_there_is_a_400_for_the_api_has_no_404() {
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    let till = Caller::unit(simulator.test(), "100002").await;
    let id = shop.post(PATH, &captured()).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        field(
            &shop
                .delete(&format!("{PATH}/497f6eca-6276-4993-bfeb-53cbbbba6f08"))
                .await
        ),
        "id"
    );
    assert_eq!(field(&shop.delete(&format!("{PATH}/not-a-uuid")).await), "id");
    assert_eq!(field(&till.delete(&format!("{PATH}/{id}")).await), "id");
    assert_eq!(listed(&shop).await, 1);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_bad_registration_names_its_fields_in_shape_1() {
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    let plain = json!({ "url": "http://example.com/a", "events": ["epayments.payment.captured.v1"] });
    assert_eq!(field(&shop.post(PATH, &plain).await), "url");
    assert_eq!(
        field(&shop.post(PATH, &body("epayment.payment.captured.v1")).await),
        "events"
    );
    assert_eq!(
        field(
            &shop
                .post(PATH, &json!({ "url": "https://example.com/a", "events": [] }))
                .await
        ),
        "events"
    );
    assert_eq!(
        shop.post(PATH, &json!({})).await.body["extraDetails"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn plain_http_to_this_machine_is_taken_only_while_its_dial_is_on() {
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    let local = json!({ "url": "http://127.0.0.1:3999/hooks", "events": ["epayments.payment.captured.v1"] });
    assert_eq!(shop.post(PATH, &local).await.status, 201);
    simulator
        .test()
        .set_dials(|dials| dials.webhooks.loopback_targets = false);
    assert_eq!(field(&shop.post(PATH, &local).await), "url");
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_twenty_sixth_registration_of_an_event_type_is_refused() {
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    for _ in 0..25 {
        assert_eq!(shop.post(PATH, &captured()).await.status, 201);
    }
    assert_eq!(field(&shop.post(PATH, &captured()).await), "events");
    assert_eq!(
        shop.post(PATH, &body("epayments.payment.refunded.v1"))
            .await
            .status,
        201
    );
    assert_eq!(shop.post(PATH, &body("user.checked-in.v1")).await.status, 201);
    assert_eq!(
        field(&shop.post(PATH, &body("user.checked-in.v1")).await),
        "events"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn partner_keys_without_an_msn_have_a_bucket_of_their_own() {
    let simulator = simulator().await;
    let world = simulator.production();
    let wide = Caller::partner(world, "north").await;
    for _ in 0..25 {
        assert_eq!(wide.post(PATH, &captured()).await.status, 201);
    }
    assert_eq!(field(&wide.post(PATH, &captured()).await), "events");
    let narrow = Caller::partner(world, "north").await.at("500001");
    assert_eq!(narrow.post(PATH, &captured()).await.status, 201);
    assert_eq!((listed(&wide).await, listed(&narrow).await), (25, 1));
    // The unit's own keys see what the partner made for the unit, not what it made for itself.
    assert_eq!(listed(&Caller::unit(world, "500001").await).await, 1);
    assert_eq!(listed(&Caller::partner(world, "south").await).await, 0);
    simulator.shutdown().await;
}

#[tokio::test]
async fn sales_unit_keys_must_send_their_msn_and_no_keys_may_send_anothers() {
    let simulator = simulator().await;
    let world = simulator.production();
    let without = Caller::of(world, Owner::SalesUnit("500001".to_owned())).await;
    assert_eq!(
        field(&without.post(PATH, &captured()).await),
        "Merchant-Serial-Number"
    );
    assert_eq!(field(&without.get(PATH).await), "Merchant-Serial-Number");
    assert_eq!(without.at("500002").get(PATH).await.status, 403);
    let north = Caller::partner(world, "north").await;
    let connected_to_south = world
        .units()
        .into_iter()
        .find(|it| it.unit.partner.as_deref() == Some("south"));
    let msn = connected_to_south.unwrap().unit.msn;
    assert_eq!(north.at(&msn).get(PATH).await.status, 403);
    simulator.shutdown().await;
}

#[tokio::test]
async fn token_and_subscription_key_are_demanded_and_long_system_headers_refused() {
    let simulator = simulator().await;
    let mut shop = Caller::unit(simulator.test(), "100001").await;
    let long = shop
        .request(Method::GET, PATH)
        .header("Vipps-System-Name", "x".repeat(31));
    assert_eq!(field(&got(long).await), "vipps-system-name");
    shop.keys.primary_subscription_key = "0".repeat(32);
    assert_eq!(shop.get(PATH).await.status, 401);
    shop.token = "no.token.atall".to_owned();
    let refused = shop.get(PATH).await;
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
async fn nobody_has_partner_keys_in_the_test_world() {
    fn has_partner_keys(world: &Arc<World>) -> bool {
        world
            .registry()
            .keys_of(&Owner::Partner("north".to_owned()))
            .is_some()
    }
    let simulator = simulator().await;
    assert!(!has_partner_keys(simulator.test()) && has_partner_keys(simulator.production()));
    simulator.shutdown().await;
}
