//! The control API.

use std::time::Duration;

use serde_json::{Value, json};

use crate::walk::{Client, Got, got, http, simulator};

async fn control(url: &str, method: &str, path: &str, body: Value) -> Got {
    let method = http::Method::from_bytes(method.as_bytes()).unwrap();
    let request = http().request(method, format!("{url}/control/v1{path}"));
    got(if body.is_null() {
        request
    } else {
        request.body(body.to_string())
    })
    .await
}

#[tokio::test]
async fn a_developer_turns_the_clock_plays_the_customer_and_reads_the_ledger() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let url = simulator.test().url();
    let portal = control(&url, "GET", "/portal", Value::Null).await.body;
    assert_eq!(
        portal["units"][0]["keys"]["clientId"],
        json!(north.keys.keys.client_id)
    );
    north.create(&north.web("order-0001", 1_000)).await;
    north.create(&north.web("order-0002", 1_000)).await;
    assert_eq!(
        control(&url, "POST", "/payments/100001/order-0001/approve", Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        control(&url, "POST", "/payments/100001/order-0001/decline", Value::Null)
            .await
            .status,
        409
    );
    assert_eq!(
        control(&url, "POST", "/payments/100001/unknown-1/expire", Value::Null)
            .await
            .status,
        404
    );
    let now = control(&url, "POST", "/clock/advance", json!({ "millis": 600_000 }))
        .await
        .body;
    assert_eq!(now["now"], "2026-11-02T12:10:00Z");
    let ledger = control(&url, "GET", "/ledger?msn=100001", Value::Null).await.body;
    let told: Vec<_> = ledger
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["reference"].as_str().unwrap(), it["name"].as_str().unwrap()))
        .collect();
    let expected = [
        ("order-0001", "CREATED"),
        ("order-0001", "AUTHORIZED"),
        ("order-0002", "CREATED"),
        ("order-0002", "EXPIRED"),
    ];
    assert_eq!(told, expected);
    let seen = control(&url, "GET", "/requests?after=1", Value::Null).await.body;
    assert_eq!(seen[0]["operation"], "epayment.create");
    assert_eq!(control(&url, "POST", "/reset", Value::Null).await.status, 204);
    assert_eq!(control(&url, "GET", "/ledger", Value::Null).await.body, json!([]));
    simulator.shutdown().await;
}

#[tokio::test]
async fn dials_are_patched_and_faults_added_and_removed() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let url = simulator.test().url();
    let dials = control(
        &url,
        "PATCH",
        "/dials",
        json!({ "keyScope": { "reference": true }, "keysRememberedSeconds": null }),
    )
    .await;
    assert_eq!(
        (
            dials.status,
            &dials.body["keyScope"]["reference"],
            &dials.body["keyScope"]["msn"]
        ),
        (200, &json!(true), &json!(true))
    );
    assert_eq!(simulator.test().dials().keys_remembered_seconds, None);
    assert_eq!(
        control(&url, "PATCH", "/dials", json!({ "colour": 1 }))
            .await
            .status,
        400
    );
    let rule = json!({ "name": "gone", "operation": "epayment.get", "fault": { "kind": "serverError", "status": 503 } });
    assert_eq!(control(&url, "POST", "/faults", rule).await.status, 204);
    assert_eq!(north.payment("order-0001").await.status, 503);
    assert_eq!(
        control(&url, "GET", "/faults", Value::Null).await.body[0]["struck"],
        1
    );
    assert_eq!(
        control(&url, "DELETE", "/faults/gone", Value::Null).await.status,
        204
    );
    assert_eq!(north.payment("order-0001").await.status, 404);
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_outage_refuses_connections_until_its_time_is_over() {
    let simulator = simulator().await;
    let url = simulator.test().url();
    assert_eq!(
        control(&url, "POST", "/outages", json!({ "millis": 5_000 }))
            .await
            .status,
        204
    );
    while http().get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        control(
            &simulator.production().url(),
            "POST",
            "/clock/advance",
            json!({ "millis": 5_000 })
        )
        .await
        .status,
        200
    );
    assert_eq!(
        Client::of(simulator.test(), "100001")
            .await
            .fetch_token()
            .await
            .status,
        200
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_world_is_seeded_from_a_yaml_document() {
    let simulator = simulator().await;
    let url = simulator.test().url();
    let seed = "{ partners: [{ id: east, name: East }], merchants: [{ number: '1', name: M, country: FI, units: [{ msn: '4444', name: U, partner: east }] }] }";
    let sent = got(http().put(format!("{url}/control/v1/seed")).body(seed)).await;
    assert_eq!(sent.status, 204, "{}", sent.text);
    let east = Client::of(simulator.test(), "4444").await;
    assert_eq!(east.create(&east.web("order-0001", 1)).await.status, 201);
    let wrong = got(http()
        .put(format!("{url}/control/v1/seed"))
        .body("{ partnrs: [] }"))
    .await;
    assert_eq!(wrong.status, 400);
    assert_eq!(simulator.test().units().len(), 1);
    simulator.advance(Duration::from_secs(1)).await;
    simulator.shutdown().await;
}

#[tokio::test]
async fn product_orders_are_placed_and_stepped_and_deliveries_listed() {
    let simulator = simulator().await;
    let url = simulator.production().url();
    let order = json!({ "partner": "north", "origin": "MANUAL", "salesUnitName": "Nordlys kiosk",
        "businessIdentifier": { "scheme": "business:NO:ORG", "id": "987654321" } });
    let placed = control(&url, "POST", "/product-orders", order).await;
    assert_eq!(placed.status, 200, "{}", placed.text);
    let step = format!("/product-orders/{}/step", placed.body["id"].as_str().unwrap());
    assert_eq!(
        control(&url, "POST", &step, json!({ "step": "submit" }))
            .await
            .status,
        409
    );
    let completed = control(&url, "POST", &step, json!({ "step": "complete" })).await;
    assert!(
        completed.body["salesUnit"]["msn"].is_string(),
        "{}",
        completed.text
    );
    let orders = control(&url, "GET", "/product-orders", Value::Null).await.body;
    assert_eq!(orders[0]["status"], "COMPLETED");
    for list in ["/webhooks", "/deliveries", "/deliveries/pending"] {
        assert_eq!(control(&url, "GET", list, Value::Null).await.body, json!([]));
    }
    simulator.shutdown().await;
}
