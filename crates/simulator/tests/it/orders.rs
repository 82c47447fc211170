//! Order Management: receipts.

use serde_json::{Value, json};

use crate::walk::{Client, simulator};

fn receipt() -> Value {
    json!({
        "orderLines": [{ "name": "Socks", "id": "line-1", "totalAmount": 1_000, "totalAmountExcludingTax": 800,
            "totalTaxAmount": 200, "taxRate": 2_500, "unitInfo": { "unitPrice": 400, "quantity": "2.5", "quantityUnit": "KG" } }],
        "bottomLine": { "currency": "NOK", "posId": "till-1" },
    })
}

#[tokio::test]
async fn a_receipt_is_written_once_and_read_back_whether_the_order_exists_or_not() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let path = "/order-management/v2/ecom/receipts/order-0001";
    let first = north.post(path, "", &receipt()).await;
    assert_eq!((first.status, first.text.as_str()), (201, ""));
    let again = north.post(path, "", &receipt()).await;
    assert_eq!(
        (again.status, again.content_type.as_str()),
        (409, "application/json")
    );
    assert!(
        again.body["title"].is_string()
            && again.body["instance"].is_string()
            && again.body["status"].is_null()
    );
    let read = north.read("/order-management/v2/ECOM/order-0001").await;
    assert_eq!((read.status, &read.body["receipt"]), (200, &receipt()));
    assert_eq!(
        north
            .read("/order-management/v2/recurring/order-0001")
            .await
            .status,
        404
    );
    let other = Client::of(simulator.test(), "100002").await;
    assert_eq!(
        other.read("/order-management/v2/ecom/order-0001").await.status,
        404
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_receipt_that_came_with_a_payment_is_written_as_well() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let mut body = north.web("order-0001", 1_000);
    body["receipt"] = receipt();
    assert_eq!(north.create(&body).await.status, 201);
    assert_eq!(north.payment("order-0001").await.body.get("receipt"), None);
    assert_eq!(
        north.read("/order-management/v2/ecom/order-0001").await.body["receipt"],
        receipt()
    );
    assert_eq!(
        north
            .post("/order-management/v2/ecom/receipts/order-0001", "", &receipt())
            .await
            .status,
        409
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_faulty_receipt_names_its_fields_as_invalid_params() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let cases = [
        ("orderLines[0].taxRate", "taxPercentage", json!(25)),
        ("orderLines[0].taxRate", "taxRate", Value::Null),
        ("orderLines[0].totalTaxAmount", "totalTaxAmount", json!(201)),
        ("orderLines[0].discount", "discount", json!(-1)),
        (
            "orderLines[0].unitInfo.quantity",
            "unitInfo",
            json!({ "unitPrice": 1, "quantity": "1.123456789" }),
        ),
        ("orderLines[0].colour", "colour", json!("red")),
    ];
    for (field, member, value) in cases {
        let mut body = receipt();
        body["orderLines"][0][member] = value;
        let got = north
            .post("/order-management/v2/ecom/receipts/order-0001", "", &body)
            .await;
        assert_eq!(
            (got.status, got.body["invalidParams"][0]["name"].as_str()),
            (400, Some(field)),
            "{}",
            got.text
        );
    }
    let odd = north
        .post(
            "/order-management/v2/epayment/receipts/order-0001",
            "",
            &receipt(),
        )
        .await;
    assert_eq!(
        (odd.status, odd.body["invalidParams"][0]["name"].as_str()),
        (400, Some("paymentType"))
    );
    simulator.shutdown().await;
}
