//! Management API v1 and v2.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nordbro_simulator::{BusinessIdentifier, Origin, Owner, Status, Step, Which, World};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::Caller;
use crate::walk::{Got, got, http, simulator};

const UNITS: &str = "/management/v1/sales-units";
const ORDER: &str = "/management/v1/product-orders";
const ORDERS: &str = "/management/v2/product-orders";

fn order() -> Value {
    json!({
        "businessIdentifier": { "scheme": "business:NO:ORG", "id": "9876543221" },
        "salesUnitName": "ACME Fantastic Fitness",
        "pricePackageId": "8a11afb7-c223-48ed-8ca6-4722b97261aa",
        "productType": "PAYMENT_INTEGRATION",
        "hasRecurring": true
    })
}

async fn place(caller: &Caller, key: &str, body: &Value) -> Got {
    let request = caller
        .request(Method::POST, ORDER)
        .header("Idempotency-Key", key)
        .body(body.to_string());
    got(request).await
}

async fn placed(caller: &Caller, key: &str) -> Uuid {
    let got = place(caller, key, &order()).await;
    assert_eq!(got.status, 201, "{}", got.text);
    got.body["prefilledOrderId"].as_str().unwrap().parse().unwrap()
}

async fn status(caller: &Caller, id: Uuid) -> String {
    let details = caller.get(&format!("{ORDERS}/{id}/details")).await;
    details.body["status"]
        .as_str()
        .unwrap_or(&details.status.to_string())
        .to_owned()
}

/// A problem in shape 2: `key` and `value`, no `traceId`.
fn shape_2(got: &Got, status: u16) {
    assert_eq!(
        (got.status, got.body["status"].as_u64()),
        (status, Some(u64::from(status))),
        "{}",
        got.text
    );
    for member in ["type", "title", "detail", "instance"] {
        assert!(got.body[member].is_string(), "{member} in {}", got.text);
    }
    assert!(got.body.get("traceId").is_none());
    for detail in got.body["extraDetails"].as_array().into_iter().flatten() {
        assert!(
            detail["key"].is_string() && detail["value"].is_string(),
            "{}",
            got.text
        );
    }
}

fn msns(got: &Got) -> Vec<String> {
    got.body
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["msn"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_api_is_not_there_in_the_test_world() {
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    for path in [UNITS, ORDERS, "/management/v1/partners/price-packages"] {
        assert_eq!(shop.get(path).await.status, 404);
    }
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_partner_lists_the_units_that_are_connected_to_it_and_a_merchant_its_own() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let list = north.get(UNITS).await;
    assert_eq!(
        (list.status, list.content_type.as_str()),
        (200, "application/json;charset=UTF-8")
    );
    assert_eq!(msns(&list), ["500001", "500002", "500003", "500004"]);
    assert_eq!(
        list.body[0],
        json!({ "msn": "500001", "name": "Nordlys Kaffe webshop" })
    );
    assert_eq!(
        msns(&Caller::unit(world, "500002").await.get(UNITS).await),
        ["500002"]
    );
    world.set_dials(|dials| dials.management.msn_as_integer = true);
    assert_eq!(north.get(UNITS).await.body[0]["msn"], 500_001);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_sales_unit_shows_its_merchant_and_its_flags() {
    let simulator = simulator().await;
    let world = simulator.production();
    let features = world.registry().unit("500001").unwrap().features.clone();
    world
        .registry_mut()
        .set_features(
            "500001",
            nordbro_simulator::Features {
                recurring_allowed: true,
                ..features
            },
        )
        .unwrap();
    let unit = Caller::partner(world, "north")
        .await
        .get(&format!("{UNITS}/500001"))
        .await;
    assert_eq!(
        unit.body["businessIdentifier"],
        json!({ "scheme": "business:NO:ORG", "id": "987654321" })
    );
    let configuration = json!({
        "paymentAllowed": true, "captureType": "ReserveCapture", "skipLandingPageAllowed": false,
        "recurringAllowed": true, "partialCaptureAllowed": true, "lateCaptureAllowed": false,
        "landingPagePhoneNumberLocked": false, "longLivingPaymentAllowed": true, "creditCardPaymentAllowed": true
    });
    assert_eq!(unit.body["configuration"], configuration);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_unit_that_is_unknown_inactive_or_not_connected_is_the_same_404() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let south = Caller::partner(world, "south").await;
    let ask = async |msn: &str| north.get(&format!("{UNITS}/{msn}")).await;
    let other = msns(&south.get(UNITS).await).remove(0);
    world.registry_mut().set_active("500002", false).unwrap();
    for msn in ["999999", other.as_str(), "500002"] {
        let refused = ask(msn).await;
        shape_2(&refused, 404);
        assert_eq!(refused.content_type, "application/problem+json");
        assert_eq!(refused.body["detail"], format!("Sales unit {msn} was not found."));
    }
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_merchant_is_found_by_scheme_and_number_if_one_of_its_units_is_connected() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let path = |scheme: &str, id: &str| format!("/management/v1/merchants/{scheme}/{id}");
    let merchant = north.get(&path("business%3ANO%3AORG", "987654321")).await;
    assert_eq!(merchant.status, 200, "{}", merchant.text);
    assert_eq!(
        (merchant.body["name"].as_str(), merchant.body["status"].as_str()),
        (Some("Nordlys Kaffe AS"), Some("ACTIVE"))
    );
    assert_eq!(merchant.body["countryCode"], "NO");
    let units = north
        .get(&format!(
            "{}/sales-units",
            path("business:FI:Y-tunnus", "1234567-8")
        ))
        .await;
    assert_eq!(msns(&units), ["500004"]);
    shape_2(&north.get(&path("business:DK:CVR", "987654321")).await, 404);
    shape_2(
        &Caller::partner(world, "south")
            .await
            .get(&path("business:NO:ORG", "987654321"))
            .await,
        404,
    );
    shape_2(&north.get(&path("NO", "987654321")).await, 400);
    shape_2(&north.get(&path("business:NO:ORG", "98x")).await, 400);
    simulator.shutdown().await;
}

#[tokio::test]
async fn price_packages_and_product_orders_belong_to_partners() {
    let simulator = simulator().await;
    let world = simulator.production();
    let packages = Caller::partner(world, "north")
        .await
        .get("/management/v1/partners/price-packages")
        .await;
    assert_eq!(
        packages.body[0]["pricePackageId"],
        "8a11afb7-c223-48ed-8ca6-4722b97261aa"
    );
    for package in packages.body.as_array().unwrap() {
        assert!(
            package["name"].as_str().unwrap().len() <= 30
                && package["description"].as_str().unwrap().len() <= 6
        );
    }
    let shop = Caller::unit(world, "500001").await;
    shape_2(&shop.get("/management/v1/partners/price-packages").await, 403);
    shape_2(&shop.get(ORDERS).await, 403);
    shape_2(&place(&shop, "key", &order()).await, 403);
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_order_needs_a_key_and_the_key_gives_the_same_order_again_and_refuses_another_body() {
    let simulator = simulator().await;
    let north = Caller::partner(simulator.production(), "north").await;
    shape_2(&north.post(ORDER, &order()).await, 400);
    shape_2(&place(&north, "under_score", &order()).await, 400);
    shape_2(&place(&north, &"k".repeat(51), &order()).await, 400);
    let first = place(&north, "key-1", &order()).await;
    assert_eq!(
        (first.status, first.content_type.as_str()),
        (201, "application/json")
    );
    let id = first.body["prefilledOrderId"].as_str().unwrap();
    assert!(first.body["prefillUrl"].as_str().unwrap().ends_with(id));
    let again = place(&north, "key-1", &order()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let mut other = order();
    other["salesUnitName"] = json!("Another");
    shape_2(&place(&north, "key-1", &other).await, 409);
    assert_eq!(north.get(ORDERS).await.body.as_array().unwrap().len(), 1);
    // The same key of another partner is another key.
    assert_ne!(
        place(
            &Caller::partner(simulator.production(), "south").await,
            "key-1",
            &order()
        )
        .await
        .body,
        first.body
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_bad_order_names_its_fields_and_a_strange_price_package_is_refused() {
    let simulator = simulator().await;
    let north = Caller::partner(simulator.production(), "north").await;
    let bad = place(&north, "key-1", &json!({ "productType": "PAYMENTS" })).await;
    shape_2(&bad, 400);
    let keys: Vec<_> = bad.body["extraDetails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["businessIdentifier", "productType"]);
    let mut strange = order();
    strange["pricePackageId"] = json!("00000000-0000-4000-8000-000000000000");
    shape_2(&place(&north, "key-2", &strange).await, 400);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_completed_order_makes_a_sales_unit_with_keys_that_is_connected_to_the_partner() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let id = placed(&north, "key-1").await;
    assert_eq!(status(&north, id).await, "RECEIVED");
    for (step, expected) in [
        (Step::View, "MERCHANT_VIEWED"),
        (Step::Submit, "ORDER_SUBMITTED"),
        (Step::Complete, "COMPLETED"),
    ] {
        world.step_order(id, step).unwrap();
        assert_eq!(status(&north, id).await, expected);
    }
    let details = north.get(&format!("{ORDERS}/{id}/details")).await.body;
    assert_eq!(details["salesUnit"]["name"], "ACME Fantastic Fitness");
    assert_eq!(details["productOrderType"], "PREFILL");
    let msn = details["salesUnit"]["msn"].as_str().unwrap();
    let unit = north.get(&format!("{UNITS}/{msn}")).await;
    assert_eq!(unit.body["configuration"]["recurringAllowed"], true);
    assert_eq!(
        Caller::unit(world, msn)
            .await
            .get(&format!("{UNITS}/{msn}"))
            .await
            .status,
        200
    );
    shape_2(
        &Caller::partner(world, "south")
            .await
            .get(&format!("{UNITS}/{msn}"))
            .await,
        404,
    );
    assert_eq!(
        north
            .get("/management/v1/merchants/business:NO:ORG/9876543221")
            .await
            .body["createdAt"],
        "2026-11-02T12:00:00Z"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_rejected_order_makes_nothing_and_says_nothing() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let before = world.units().len();
    let id = placed(&north, "key-1").await;
    assert!(world.step_order(id, Step::Complete).is_err());
    world.step_order(id, Step::Submit).unwrap();
    world.step_order(id, Step::Reject).unwrap();
    let details = north.get(&format!("{ORDERS}/{id}/details")).await.body;
    assert_eq!(details["status"], "REJECTED");
    assert!(details.get("salesUnit").is_none());
    assert_eq!(world.units().len(), before);
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_order_that_nobody_submits_expires_after_fourteen_days_and_is_listed_only_on_demand() {
    let simulator = simulator().await;
    let north = Caller::partner(simulator.production(), "north").await;
    let (left, submitted) = (placed(&north, "key-1").await, placed(&north, "key-2").await);
    simulator
        .production()
        .step_order(submitted, Step::Submit)
        .unwrap();
    // The day's token does not last so long.
    simulator.advance(Duration::from_secs(14 * 24 * 3600 - 1)).await;
    let north = Caller::partner(simulator.production(), "north").await;
    assert_eq!(status(&north, left).await, "RECEIVED");
    simulator.advance(Duration::from_secs(1)).await;
    assert_eq!(
        (status(&north, left).await, status(&north, submitted).await),
        ("EXPIRED".into(), "ORDER_SUBMITTED".into())
    );
    let listed = async |query: &str| {
        north
            .get(&format!("{ORDERS}{query}"))
            .await
            .body
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        (
            listed("").await,
            listed("?includeExpired=true").await,
            listed("?includeExpired=false").await
        ),
        (1, 2, 1)
    );
    assert!(simulator.production().step_order(left, Step::Submit).is_err());
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_order_is_deleted_before_its_submission_and_never_after() {
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let (viewed, submitted) = (placed(&north, "key-1").await, placed(&north, "key-2").await);
    world.step_order(viewed, Step::View).unwrap();
    world.step_order(submitted, Step::Submit).unwrap();
    let south = Caller::partner(world, "south").await;
    let foreign = south.delete(&format!("{ORDER}/{viewed}")).await;
    shape_2(&foreign, 404);
    shape_2(&south.get(&format!("{ORDERS}/{viewed}/details")).await, 404);
    assert_eq!(south.get(ORDERS).await.body, json!([]));
    assert_eq!(foreign.content_type, "application/json;charset=UTF-8");
    assert_eq!(north.delete(&format!("{ORDER}/{viewed}")).await.status, 200);
    let gone = north.get(&format!("{ORDERS}/{viewed}/details")).await;
    shape_2(&gone, 404);
    assert_eq!(gone.content_type, "application/json;charset=UTF-8");
    shape_2(&north.delete(&format!("{ORDER}/{submitted}")).await, 400);
    shape_2(&north.delete(&format!("{ORDER}/no-uuid")).await, 400);
    simulator.shutdown().await;
}

#[tokio::test]
async fn template_and_manual_orders_are_seen_without_a_link() {
    let simulator = simulator().await;
    let world = simulator.production();
    let business = BusinessIdentifier {
        scheme: "business:DK:CVR".into(),
        id: "11223344".into(),
    };
    let order = world
        .place_order("north", Origin::Template, business, "Kro og Kaffe")
        .unwrap();
    world.step_order(order.id, Step::Complete).unwrap();
    assert_eq!(world.product_orders()[0].1, Status::Completed);
    let details = Caller::partner(world, "north")
        .await
        .get(&format!("{ORDERS}/{}/details", order.id))
        .await
        .body;
    assert_eq!(
        (details["productOrderType"].as_str(), details["status"].as_str()),
        (Some("TEMPLATE"), Some("COMPLETED"))
    );
    assert!(details.get("productOrderUrl").is_none());
    simulator.shutdown().await;
}

async fn specialised(world: &Arc<World>, owner: Owner) -> String {
    let keys = world.registry().keys_of(&owner).cloned().unwrap();
    let basic = STANDARD.encode(format!("{}:{}", keys.client_id, keys.client_secret));
    let request = http()
        .post(format!("{}/miami/v1/token", world.url()))
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    got(request).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_specialised_token_works_without_a_subscription_key_and_not_with_one() {
    let simulator = simulator().await;
    let world = simulator.production();
    let token = specialised(world, Owner::Management("north".into())).await;
    let ask = || {
        http()
            .get(format!("{}{UNITS}", world.url()))
            .header("Authorization", format!("Bearer {token}"))
    };
    assert_eq!(msns(&got(ask()).await).len(), 4);
    let key = Caller::partner(world, "north")
        .await
        .keys
        .primary_subscription_key;
    assert_eq!(
        got(ask().header("Ocp-Apim-Subscription-Key", key)).await.status,
        401
    );
    let accounting = specialised(world, Owner::Accounting("north".into())).await;
    let refused = got(http()
        .get(format!("{}{UNITS}", world.url()))
        .header("Authorization", format!("Bearer {accounting}")))
    .await;
    shape_2(&refused, 403);
    let north = Caller::partner(world, "north").await;
    let bare = http()
        .get(format!("{}{UNITS}", world.url()))
        .header("Authorization", format!("Bearer {}", north.token));
    assert_eq!(
        got(bare).await.status,
        401,
        "a standard token needs its subscription key"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_merchant_that_changes_partner_is_seen_by_the_new_one_and_no_longer_by_the_old() {
    let simulator = simulator().await;
    let world = simulator.production();
    let (north, south) = (
        Caller::partner(world, "north").await,
        Caller::partner(world, "south").await,
    );
    world.registry_mut().connect("500001", Some("south")).unwrap();
    let path = format!("{UNITS}/500001");
    assert_eq!(
        (north.get(&path).await.status, south.get(&path).await.status),
        (404, 200)
    );
    assert_eq!(
        Caller::unit(world, "500001").await.get(&path).await.status,
        200,
        "its own keys go on working"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn regenerated_keys_end_the_old_ones_and_a_rotated_subscription_key_ends_only_itself() {
    let simulator = simulator().await;
    let world = simulator.production();
    let owner = Owner::SalesUnit("500001".to_owned());
    let path = format!("{UNITS}/500001");
    let mut shop = Caller::of(world, owner.clone()).await;
    let rotated = world.registry_mut().rotate(&owner, Which::Primary).unwrap();
    assert_eq!(shop.get(&path).await.status, 401);
    shop.keys
        .primary_subscription_key
        .clone_from(&rotated.secondary_subscription_key);
    assert_eq!(shop.get(&path).await.status, 200);
    world.registry_mut().regenerate(&owner).unwrap();
    assert_eq!(shop.get(&path).await.status, 401);
    assert_eq!(Caller::of(world, owner).await.get(&path).await.status, 200);
    assert_eq!(
        Caller::partner(world, "north").await.get(&path).await.status,
        200,
        "the partner's keys survive it"
    );
    simulator.shutdown().await;
}
