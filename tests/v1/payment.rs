//! A payment from its creation to its receipt.

use serde_json::json;

use crate::world::{World, create, nok};

const REFERENCE: &str = "acme-shop-1";

#[tokio::test]
async fn a_payment_is_created_approved_captured_refunded_and_given_a_receipt() {
    let world = World::new().await;
    let north = &world.north;
    let at = |below: &str| north.unit(&format!("/payments/{REFERENCE}{below}"));

    let created = north
        .post(&north.unit("/payments"), "create-1", &create(REFERENCE))
        .await;
    assert_eq!(created.headers["location"], at("").as_str());
    let created = created.is(201);
    assert_eq!(created["state"], "CREATED");
    assert!(created["redirectUrl"].is_string());

    let phone = json!({"customer": {"phoneNumber": "4712345678"}});
    let approved = north.raw("POST", &at("/approve"), &[], phone.to_string()).await;
    assert_eq!(approved.is(200)["state"], "AUTHORIZED");

    let captured = north.post(&at("/capture"), "capture-1", &nok(600)).await.is(200);
    assert_eq!(captured["status"], "succeeded");
    assert_eq!(captured["payment"]["aggregate"]["capturedAmount"]["value"], 600);

    let again = north.post(&at("/capture"), "capture-1", &nok(600)).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.is(200)["id"], captured["id"]);

    let refunded = north.post(&at("/refund"), "refund-1", &nok(100)).await.is(200);
    assert_eq!(refunded["payment"]["aggregate"]["refundedAmount"]["value"], 100);

    let id = captured["id"].as_str().unwrap();
    let found = north.get(&at(&format!("/operations/{id}"))).await.is(200);
    assert_eq!(
        (&found["type"], &found["status"]),
        (&json!("capture"), &json!("succeeded"))
    );

    let cancelled = north
        .raw("POST", &at("/cancel"), &[("idempotency-key", "cancel-1")], "")
        .await;
    let cancelled = cancelled.is(200);
    assert_eq!(cancelled["payment"]["aggregate"]["cancelledAmount"]["value"], 400);

    let receipt = json!({
        "orderLines": [{"name": "Socks", "id": "1", "totalAmount": 900, "totalAmountExcludingTax": 720,
                        "totalTaxAmount": 180, "taxRate": 2500}],
        "bottomLine": {"currency": "NOK"},
    });
    let put = north.put(&at("/receipt"), &receipt).await.is(202);
    assert_eq!(put["status"], "queued");
    let read = north.get(&at("/receipt")).await.is(200);
    assert_eq!(read["receipt"], receipt);
    assert_eq!(
        read["warnings"].as_array().map(Vec::len),
        Some(1),
        "the lines do not add up"
    );

    let events = north.get(&at("/events")).await.is(200);
    let names: Vec<_> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(
        names,
        ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]
    );

    let page = north
        .get(&north.unit("/payments?state=AUTHORIZED&referencePrefix=acme-"))
        .await
        .is(200);
    assert_eq!(page["data"][0]["reference"], REFERENCE);
    let none = north.get(&north.unit("/payments?state=EXPIRED")).await.is(200);
    assert_eq!(none["data"], json!([]));
}

#[tokio::test]
async fn refusals_say_what_is_left_and_what_to_do() {
    let world = World::new().await;
    let north = &world.north;
    let at = |below: &str| north.unit(&format!("/payments/{REFERENCE}{below}"));
    north
        .post(&north.unit("/payments"), "create-1", &create(REFERENCE))
        .await
        .is(201);

    let early = north.post(&at("/capture"), "capture-1", &nok(100)).await;
    early.refuses(409, "payment_not_authorized");
    north
        .raw(
            "POST",
            &at("/approve"),
            &[],
            r#"{"customer":{"phoneNumber":"4712345678"}}"#,
        )
        .await
        .is(200);
    let much = north.post(&at("/capture"), "capture-2", &nok(1001)).await;
    let much = much.refuses(409, "capture_exceeds_authorized");
    assert_eq!(
        much["detail"],
        "10.01 NOK was asked for and 10.00 NOK is left to capture."
    );
    let much = north.post(&at("/refund"), "refund-1", &nok(1)).await;
    much.refuses(409, "refund_exceeds_captured");
    let euro = json!({"modificationAmount": {"currency": "EUR", "value": 1}});
    let euro = north.post(&at("/capture"), "capture-3", &euro).await;
    euro.refuses(409, "currency_differs");

    north.post(&at("/capture"), "capture-4", &nok(100)).await.is(200);
    let other = north.post(&at("/capture"), "capture-4", &nok(200)).await;
    other.refuses(422, "idempotency_key_reused");
    let twice = north
        .post(&north.unit("/payments"), "create-2", &create(REFERENCE))
        .await;
    twice.refuses(409, "reference_exists");
}

#[tokio::test]
async fn the_list_of_sales_units_is_the_callers_own() {
    let world = World::new().await;
    let list = world.north.get("/v1/sales-units").await.is(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    let unit = world.north.get(&world.north.unit("")).await.is(200);
    assert_eq!(list["data"][0], unit);
    assert_eq!((&unit["market"], &unit["hasKeys"]), (&json!("NO"), &json!(true)));
}
