//! Against the published specifications: the APIs that a partner sets its units up with, Webhooks
//! and Management, and the payload of a delivery.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nordbro_simulator::Step;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use crate::api::Caller;
use crate::specs::{Spec, example};
use crate::walk::{Client, Got, got, simulator};

#[tokio::test]
async fn the_webhooks_tour_keeps_the_specification() {
    let Some(spec) = Spec::read("webhooks") else {
        return;
    };
    let simulator = simulator().await;
    let shop = Caller::unit(simulator.test(), "100001").await;
    let path = "/webhooks/v1/webhooks";
    let request = example("webhooks.register.request.json");
    spec.fits("RegisterRequest", &request);
    let registered = shop.post(path, &request).await;
    assert_eq!(
        (registered.status, registered.content_type.as_str()),
        (201, "application/json")
    );
    spec.fits("RegisterResponse", &registered.body);
    let published = example("webhooks.register.response.json");
    assert!(
        published
            .as_object()
            .unwrap()
            .keys()
            .eq(registered.body.as_object().unwrap().keys())
    );
    spec.fits("QueryResponse", &shop.get(path).await.body);
    spec.fits("ProblemDetails", &shop.post(path, &json!({})).await.body);
    spec.fits("ProblemDetails", &shop.delete(&format!("{path}/none")).await.body);
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_payloads_of_a_whole_payment_keep_the_specification() {
    let Some(spec) = Spec::read("epayment") else {
        return;
    };
    let simulator = simulator().await;
    let received: Arc<Mutex<Vec<Value>>> = Arc::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let keeper = received.clone();
    let router = axum::Router::new().fallback(async move |body: axum::body::Bytes| {
        keeper
            .lock()
            .unwrap()
            .push(serde_json::from_slice(&body).unwrap());
    });
    let server = TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
    let shop = Caller::unit(simulator.test(), "100001").await;
    let events = ["created", "authorized", "captured", "refunded", "cancelled"]
        .map(|it| format!("epayments.payment.{it}.v1"));
    assert_eq!(
        shop.post("/webhooks/v1/webhooks", &json!({ "url": url, "events": events }))
            .await
            .status,
        201
    );

    let north = Client::of(simulator.test(), "100001").await;
    let mut create = north.web("order-0001", 10_000);
    create["profile"] = json!({ "scope": "name email phoneNumber address birthDate" });
    assert_eq!(north.create(&create).await.status, 201);
    simulator.test().approve("100001", "order-0001").unwrap();
    north.modify("capture", "order-0001", "capture", 4_000).await;
    north.modify("refund", "order-0001", "refund", 1_000).await;
    north.cancel("order-0001", "cancel").await;
    simulator.advance(Duration::ZERO).await;

    let payloads = received.lock().unwrap().clone();
    let names: Vec<_> = payloads.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]
    );
    let log = north.events("order-0001").await;
    for (payload, logged) in payloads.iter().zip(&log) {
        spec.fits("WebhookEvent", payload);
        assert_eq!(
            (&payload["pspReference"], &payload["amount"]),
            (&logged["pspReference"], &logged["amount"])
        );
        assert_eq!(payload["msn"], "100001");
    }
    assert!(payloads[1]["sub"].is_string() && payloads[1]["captureGuaranteedUntil"].is_string());
    assert_eq!(payloads[2]["idempotencyKey"], "capture");
    assert!(payloads[4].get("idempotencyKey").is_none());
    server.abort();
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_management_tour_keeps_the_specification() {
    let Some(spec) = Spec::read("management") else {
        return;
    };
    let simulator = simulator().await;
    let world = simulator.production();
    let north = Caller::partner(world, "north").await;
    let good = async |path: &str, schema: &str| -> Got {
        let got = north.get(path).await;
        assert_eq!(
            (got.status, got.content_type.as_str()),
            (200, "application/json;charset=UTF-8"),
            "{}",
            got.text
        );
        spec.fits(schema, &got.body);
        got
    };
    good(
        "/management/v1/partners/price-packages",
        "GetPartnerPricePackagesResponse",
    )
    .await;
    good(
        "/management/v1/merchants/business:NO:ORG/987654321",
        "GetMerchantResponse",
    )
    .await;
    good(
        "/management/v1/merchants/business:NO:ORG/987654321/sales-units",
        "getMsnResponse",
    )
    .await;
    good("/management/v1/sales-units", "getMsnResponse").await;
    good("/management/v1/sales-units/500001", "SalesUnit").await;

    let order = example("management.product-order.request.json");
    assert_eq!(
        spec.fits("ProductOrderRequest", &order),
        ["/merchantCategoryCode"]
    );
    let place = north
        .request(Method::POST, "/management/v1/product-orders")
        .header("Idempotency-Key", "key-1");
    let placed = got(place.body(order.to_string())).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    spec.fits("ProductOrderResponse", &placed.body);
    let id = placed.body["prefilledOrderId"].as_str().unwrap();
    let details = format!("/management/v2/product-orders/{id}/details");
    good(&details, "ProductOrderDetailsResponseV2").await;
    for step in [Step::View, Step::Submit, Step::Complete] {
        world.step_order(id.parse().unwrap(), step).unwrap();
        good(&details, "ProductOrderDetailsResponseV2").await;
    }
    for order in north
        .get("/management/v2/product-orders")
        .await
        .body
        .as_array()
        .unwrap()
    {
        spec.fits("ProductOrderDetailsResponseV2", order);
    }
    let nobody = "00000000-0000-4000-8000-000000000000";
    for path in [
        "/management/v1/sales-units/999999".to_owned(),
        "/management/v1/merchants/business:NO:ORG/111111111".to_owned(),
        format!("/management/v2/product-orders/{nobody}/details"),
    ] {
        let refused = north.get(&path).await;
        assert_eq!(refused.status, 404);
        spec.fits("Problem", &refused.body);
    }
    spec.fits(
        "Problem",
        &north.post("/management/v1/product-orders", &order).await.body,
    );
    simulator.shutdown().await;
}
