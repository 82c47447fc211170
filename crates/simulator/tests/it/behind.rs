//! Webhooks and product orders through the control API, with deliveries of real payments.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Caller;
use crate::walk::{Client, Got, got, http, simulator};

async fn control(base: &str, method: Method, path: &str, body: Option<Value>) -> Got {
    let request = http().request(method, format!("{base}/control/v1{path}"));
    got(match body {
        Some(body) => request.body(body.to_string()),
        None => request,
    })
    .await
}

#[tokio::test]
async fn the_attempts_to_deliver_a_payments_events_are_read_with_their_status() {
    let simulator = simulator().await;
    let url = simulator.test().url();
    let shop = Caller::unit(simulator.test(), "100001").await;
    // Bound and not listening: connections are refused and nobody else gets the port.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let target = format!("http://{}/hooks", closed.local_addr().unwrap());
    let events = ["epayments.payment.created.v1", "epayments.payment.authorized.v1"];
    let registered = shop
        .post(
            "/webhooks/v1/webhooks",
            &json!({ "url": target, "events": events }),
        )
        .await;
    let north = Client::of(simulator.test(), "100001").await;
    north.create(&north.web("order-0001", 1000)).await;
    simulator.test().approve("100001", "order-0001").unwrap();
    simulator.advance(std::time::Duration::from_secs(3)).await;
    let webhooks = control(&url, Method::GET, "/webhooks", None).await.body;
    assert_eq!(
        (&webhooks[0]["id"], &webhooks[0]["secret"]),
        (&registered.body["id"], &registered.body["secret"])
    );
    assert_eq!(webhooks[0]["silentSince"], "2026-11-02T12:00:00Z");
    let attempts = control(
        &url,
        Method::GET,
        "/deliveries?msn=100001&reference=order-0001",
        None,
    )
    .await
    .body;
    let seen: Vec<_> = attempts
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["event"], &it["attempt"], &it["outcome"]["kind"]))
        .collect();
    let (created, unreachable) = (json!("CREATED"), json!("unreachable"));
    assert_eq!(
        seen,
        [
            (&created, &json!(1), &unreachable),
            (&created, &json!(2), &unreachable)
        ]
    );
    assert_eq!(attempts[0]["next"], "2026-11-02T12:00:02Z");
    assert_eq!(
        control(&url, Method::GET, "/deliveries?reference=another", None)
            .await
            .body,
        json!([])
    );
    let pending = control(&url, Method::GET, "/deliveries/pending", None).await.body;
    assert_eq!(
        (&pending[0]["event"], &pending[0]["deliveries"]),
        (&created, &json!(2))
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_merchant_and_vipps_step_a_product_order_to_its_sales_unit() {
    let simulator = simulator().await;
    let url = simulator.production().url();
    let north = Caller::partner(simulator.production(), "north").await;
    let order = json!({ "businessIdentifier": { "scheme": "business:NO:ORG", "id": "911222333" }, "productType": "CASHIER" });
    let request = north
        .request(Method::POST, "/management/v1/product-orders")
        .header("Idempotency-Key", "k");
    let id = got(request.body(order.to_string())).await.body["prefilledOrderId"]
        .as_str()
        .unwrap()
        .to_owned();
    let listed = control(&url, Method::GET, "/product-orders", None).await.body;
    assert_eq!(
        (&listed[0]["status"], &listed[0]["order"]["id"]),
        (&json!("RECEIVED"), &json!(id))
    );
    let step = async |step: &str| {
        control(
            &url,
            Method::POST,
            &format!("/product-orders/{id}/step"),
            Some(json!({ "step": step })),
        )
        .await
    };
    assert_eq!(step("complete").await.status, 409);
    assert_eq!(step("submit").await.body["reached"], "ORDER_SUBMITTED");
    let completed = step("complete").await;
    let msn = completed.body["salesUnit"]["msn"].as_str().unwrap();
    assert_eq!(
        north
            .get(&format!("/management/v1/sales-units/{msn}"))
            .await
            .status,
        200
    );
    let nobody = "/product-orders/00000000-0000-4000-8000-000000000000/step";
    assert_eq!(
        control(&url, Method::POST, nobody, Some(json!({ "step": "view" })))
            .await
            .status,
        404
    );
    simulator.shutdown().await;
}
