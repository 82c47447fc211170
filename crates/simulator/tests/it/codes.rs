//! Every error code of the ePayment API that a rule reaches.

use std::time::Duration;

use nordbro_simulator::{AfterGuarantee, Features};
use serde_json::{Value, json};

use crate::walk::{Client, simulator};

fn changed(mut body: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}

/// One millisecond less.
fn all_but(span: Duration) -> Duration {
    span.saturating_sub(Duration::from_millis(1))
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one table of all codes reads better than several"
)]
async fn a_create_request_that_breaks_a_rule_is_refused_with_the_rules_code() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let long = "x".repeat(501);
    let in_minutes = |minutes: i64| {
        let at = simulator.clock().now() + time::Duration::minutes(minutes);
        at.format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    let receipt = json!({ "orderLines": [{ "name": "a", "id": "1", "totalAmount": 100, "totalAmountExcludingTax": 80,
        "totalTaxAmount": 20, "taxRate": 2500 }], "bottomLine": { "currency": "NOK" } });
    let cases = [
        (
            400,
            "4040",
            json!({ "amount": { "currency": "NOK", "value": 10.5 } }),
        ),
        (
            400,
            "4040",
            json!({ "amount": { "currency": "NOK", "value": 99 } }),
        ),
        (
            400,
            "4040",
            json!({ "amount": { "currency": "NOK", "value": 65_000_001 } }),
        ),
        (400, "4050", json!({ "customer": { "customerToken": "unknown" } })),
        (
            400,
            "4060",
            json!({ "customer": { "personalQr": "https://qr.example/p/1" } }),
        ),
        (
            400,
            "4070",
            json!({ "customer": { "phoneNumber": "+4712345678" } }),
        ),
        (400, "4080", json!({ "profile": { "scope": "name shoeSize" } })),
        (400, "4090", json!({ "returnUrl": "http://example.com" })),
        (
            400,
            "4100",
            json!({ "metadata": { "a": "", "b": "", "c": "", "d": "", "e": "", "f": "" } }),
        ),
        (400, "4110", json!({ "metadata": { (&long[..101]): "" } })),
        (400, "4120", json!({ "metadata": { "a": &long } })),
        (400, "4130", json!({ "metadata": { "a": 1 } })),
        (400, "4140", json!({ "returnUrl": null })),
        (
            400,
            "4140",
            json!({ "userFlow": "PUSH_MESSAGE", "customer": null }),
        ),
        (400, "4160", json!({ "paymentMethod": { "type": "BARTER" } })),
        (400, "4160", json!({ "paymentMethod": { "type": "CARD" } })),
        (
            400,
            "5010",
            json!({ "paymentMethod": { "type": "WALLET", "blockedSources": ["COMMERCIAL_CARDS"] } }),
        ),
        (403, "5020", json!({ "shipping": { "fixedOptions": [] } })),
        (403, "5030", json!({ "profile": { "scope": "nin" } })),
        (
            400,
            "5040",
            json!({ "amount": { "currency": "DKK", "value": 1_000 } }),
        ),
        (
            400,
            "6110",
            json!({ "expiresAt": in_minutes(60 * 24 * 60), "receipt": receipt }),
        ),
        (
            400,
            "6120",
            json!({ "expiresAt": in_minutes(10), "receipt": receipt }),
        ),
        (400, "6130", json!({ "expiresAt": in_minutes(11) })),
        (
            400,
            "7010",
            json!({ "customer": { "phoneNumber": "4790000000" } }),
        ),
        (
            400,
            "7010",
            json!({ "customer": { "phoneNumber": "4790000015" }, "minimumUserAge": 18 }),
        ),
    ];
    for (nth, (status, code, changes)) in cases.into_iter().enumerate() {
        let got = north
            .create(&changed(north.web(&format!("order-{nth:04}"), 10_000), &changes))
            .await;
        assert_eq!(
            (got.status, got.code()),
            (status, Some(code)),
            "{changes} {}",
            got.text
        );
    }
    let good = json!({ "expiresAt": in_minutes(11), "receipt": receipt });
    assert_eq!(
        north
            .create(&changed(north.web("order-9999", 10_000), &good))
            .await
            .status,
        201
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_malformed_body_names_its_fields_and_has_no_code() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let cases = [
        ("reference", json!({ "reference": "short" })),
        ("colour", json!({ "colour": "red" })),
        (
            "amount.tip",
            json!({ "amount": { "currency": "NOK", "value": 1_000, "tip": 1 } }),
        ),
        ("userFlow", json!({ "userFlow": "CARRIER_PIGEON" })),
        ("paymentDescription", json!({ "paymentDescription": "ab" })),
        (
            "customer",
            json!({ "customer": { "phoneNumber": "4712345678", "personalQr": "https://qr.vipps.no/p/4712345678" } }),
        ),
        (
            "qrFormat.size",
            json!({ "userFlow": "QR", "qrFormat": { "format": "IMAGE/PNG", "size": 99 } }),
        ),
        (
            "receipt.orderLines",
            json!({ "receipt": { "orderLines": [], "bottomLine": { "currency": "NOK" } } }),
        ),
    ];
    for (nth, (field, changes)) in cases.into_iter().enumerate() {
        let body = changed(north.web(&format!("order-{nth:04}"), 10_000), &changes);
        let got = north
            .post("/epayment/v1/payments", &format!("key-{nth}"), &body)
            .await;
        let names: Vec<_> = got.body["extraDetails"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        assert_eq!((got.status, names), (400, vec![field]), "{changes}");
    }
    let unkeyed = north
        .request("POST", "/epayment/v1/payments")
        .body(north.web("order-9999", 1_000).to_string());
    let unkeyed = crate::walk::got(unkeyed).await;
    assert_eq!(unkeyed.body["extraDetails"][0]["name"], "Idempotency-Key");
    simulator.shutdown().await;
}

#[tokio::test]
async fn features_that_are_not_approved_are_refused_with_their_codes() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let soon = (simulator.clock().now() + time::Duration::hours(1))
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let cases = [
        (
            422,
            "5070",
            Features {
                payment_allowed: false,
                ..Features::default()
            },
            json!({}),
        ),
        (
            403,
            "5060",
            Features {
                bank_account_verified: false,
                ..Features::default()
            },
            json!({}),
        ),
        (
            403,
            "5080",
            Features {
                push_message_allowed: false,
                ..Features::default()
            },
            json!({ "userFlow": "PUSH_MESSAGE" }),
        ),
        (
            403,
            "5050",
            Features {
                long_living_payment_allowed: false,
                ..Features::default()
            },
            json!({ "expiresAt": soon }),
        ),
    ];
    for (nth, (status, code, features, changes)) in cases.into_iter().enumerate() {
        simulator
            .test()
            .registry_mut()
            .set_features("100001", features)
            .unwrap();
        let got = north
            .create(&changed(north.web(&format!("order-{nth:04}"), 10_000), &changes))
            .await;
        assert_eq!((got.status, got.code()), (status, Some(code)));
    }
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_modification_in_the_wrong_state_is_refused_with_its_code() {
    let simulator = simulator().await;
    let world = simulator.test();
    let north = Client::of(world, "100001").await;
    let mut nth = 0;
    let mut check = async |what: &str, reference: &str, value: i64, expected: &str| {
        nth += 1;
        let key = format!("key-{nth}");
        let got = match what {
            "cancel" => north.cancel(reference, &key).await,
            _ => north.modify(what, reference, &key, value).await,
        };
        let code = got.code().map_or_else(|| got.status.to_string(), str::to_owned);
        assert_eq!(code, expected, "{what} {value} of {reference}");
    };
    check("capture", "unknown-1", 100, "5090").await;
    north.create(&north.web("created-1", 1_000)).await;
    check("capture", "created-1", 100, "6080").await;
    check("refund", "created-1", 100, "6020").await;
    check("cancel", "created-1", 0, "200").await;
    check("cancel", "created-1", 0, "6190").await;
    check("capture", "created-1", 100, "6200").await;
    north.create(&north.web("declined-1", 1_000)).await;
    world.decline("100001", "declined-1").unwrap();
    check("cancel", "declined-1", 0, "6050").await;
    check("refund", "declined-1", 100, "6210").await;

    north.authorized("order-0001", 1_000).await;
    check("capture", "order-0001", 0, "6010").await;
    check("capture", "order-0001", 1_001, "6090").await;
    check("refund", "order-0001", 100, "6150").await;
    check("capture", "order-0001", 1_000, "200").await;
    check("capture", "order-0001", 1, "6170").await;
    check("cancel", "order-0001", 0, "6040").await;
    check("refund", "order-0001", 1_000, "200").await;
    check("refund", "order-0001", 1, "6180").await;

    north.authorized("order-0002", 1_000).await;
    check("capture", "order-0002", 400, "200").await;
    check("cancel", "order-0002", 0, "200").await;
    check("cancel", "order-0002", 0, "6050").await;
    check("capture", "order-0002", 100, "6070").await;

    north.authorized("order-0003", 1_000).await;
    let only = json!({ "cancelTransactionOnly": true });
    let got = north
        .post("/epayment/v1/payments/order-0003/cancel", "only", &only)
        .await;
    assert_eq!((got.status, got.code()), (400, Some("6060")));
    world
        .registry_mut()
        .set_features(
            "100001",
            Features {
                partial_capture_allowed: false,
                refund_allowed: false,
                ..Features::default()
            },
        )
        .unwrap();
    check("capture", "order-0003", 999, "6140").await;
    check("capture", "order-0003", 1_000, "200").await;
    check("refund", "order-0003", 1, "5100").await;
    simulator.shutdown().await;
}

#[tokio::test]
async fn deadlines_and_guarantees_are_kept_to_the_second() {
    let simulator = simulator().await;
    let world = simulator.production();
    let day = |days: u64| Duration::from_secs(days * 86_400);
    let north = Client::of(world, "500001").await;
    let danish = Client::of(world, "500003").await;
    for reference in ["order-0001", "order-0002", "order-0003", "order-0004"] {
        north.authorized(reference, 1_000).await;
    }
    danish.authorized("danish-01", 1_000).await;
    assert_eq!(north.modify("capture", "order-0002", "k2", 400).await.status, 200);
    assert_eq!(
        north.modify("capture", "order-0004", "k", 1_000).await.status,
        200
    );
    simulator.advance(day(7)).await;
    let north = Client::of(world, "500001").await;
    world.set_dials(|dials| dials.after_guarantee = AfterGuarantee::TryLater);
    assert_eq!(
        north.modify("capture", "order-0003", "same", 100).await.code(),
        Some("6280")
    );
    world.set_dials(|dials| dials.after_guarantee = AfterGuarantee::FundsUnavailable);
    assert_eq!(
        north.modify("capture", "order-0003", "same", 100).await.code(),
        Some("6260")
    );
    let last = north.events("order-0003").await.pop().unwrap();
    assert_eq!(
        (last["name"].as_str(), last["success"].as_bool()),
        (Some("CAPTURED"), Some(false))
    );
    world.set_dials(|dials| dials.after_guarantee = AfterGuarantee::Captures);

    simulator.advance(all_but(day(7))).await;
    let danish = Client::of(world, "500003").await;
    assert_eq!(danish.aggregate("danish-01").await, [1_000, 0, 0, 0]);
    simulator.advance(Duration::from_millis(1)).await;
    assert_eq!(danish.aggregate("danish-01").await, [1_000, 0, 0, 1_000]);
    let refused = danish.modify("capture", "danish-01", "late", 1_000).await;
    assert_eq!(refused.code(), Some("6100"));
    assert_eq!(danish.cancel("danish-01", "late-2").await.code(), Some("6030"));

    simulator.advance(all_but(day(166))).await;
    let north = Client::of(world, "500001").await;
    assert_eq!(
        north
            .modify("capture", "order-0001", "just in time", 300)
            .await
            .status,
        200
    );
    simulator.advance(Duration::from_millis(1)).await;
    assert_eq!(north.aggregate("order-0001").await, [1_000, 300, 0, 700]);
    assert_eq!(north.aggregate("order-0002").await, [1_000, 400, 0, 600]);

    simulator.advance(all_but(day(185))).await;
    let north = Client::of(world, "500001").await;
    assert_eq!(
        north.modify("refund", "order-0004", "in time", 100).await.status,
        200
    );
    simulator.advance(Duration::from_millis(1)).await;
    assert_eq!(
        north.modify("refund", "order-0004", "late", 100).await.code(),
        Some("6220")
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn magic_amounts_have_their_effect_in_test() {
    let simulator = simulator().await;
    let world = simulator.test();
    let north = Client::of(world, "100001").await;
    let approve = async |reference: &str| {
        north
            .post(
                &format!("/epayment/v1/test/payments/{reference}/approve"),
                "",
                &json!({}),
            )
            .await
    };
    for amount in [151, 182, 183, 184, 187, 197, 202] {
        let reference = format!("magic-{amount}");
        north.create(&north.web(&reference, amount)).await;
        let refused = approve(&reference).await;
        assert_eq!((refused.status, refused.code()), (400, Some("10040")));
        assert_eq!(north.payment(&reference).await.body["state"], "CREATED");
        assert_eq!(north.events(&reference).await[1]["success"], false);
    }
    north.create(&north.web("magic-186", 186)).await;
    assert_eq!(approve("magic-186").await.status, 500);

    north.create(&north.web("magic-201", 201)).await;
    assert_eq!(approve("magic-201").await.status, 200);
    assert_eq!(north.payment("magic-201").await.body["state"], "CREATED");
    assert_eq!(
        north.modify("capture", "magic-201", "k", 201).await.code(),
        Some("6160")
    );
    assert_eq!(north.cancel("magic-201", "c").await.code(), Some("6250"));
    simulator.advance(Duration::from_hours(1)).await;
    let north = Client::of(world, "100001").await;
    assert_eq!(north.payment("magic-201").await.body["state"], "AUTHORIZED");
    assert_eq!(north.modify("capture", "magic-201", "k", 201).await.status, 200);

    north.authorized("refunds-1", 1_000).await;
    north.modify("capture", "refunds-1", "all", 1_000).await;
    assert_eq!(
        north.modify("refund", "refunds-1", "a", 123).await.code(),
        Some("5100")
    );
    assert_eq!(
        north.modify("refund", "refunds-1", "b", 124).await.code(),
        Some("6220")
    );
    assert_eq!(north.modify("refund", "refunds-1", "c", 125).await.status, 200);
    simulator.shutdown().await;
}

#[tokio::test]
async fn force_approve_has_its_own_refusals_and_exists_in_test_only() {
    let simulator = simulator().await;
    let world = simulator.test();
    let north = Client::of(world, "100001").await;
    let approve = async |reference: &str, body: Value| {
        let path = format!("/epayment/v1/test/payments/{reference}/approve");
        let got = north.post(&path, "", &body).await;
        got.code().map_or_else(|| got.status.to_string(), str::to_owned)
    };
    let created = north
        .create(&changed(
            north.web("order-0001", 1_000),
            &json!({ "customer": null }),
        ))
        .await;
    let token = created.body["redirectUrl"]
        .as_str()
        .unwrap()
        .split_once("token=")
        .unwrap()
        .1
        .to_owned();
    assert_eq!(approve("order-0001", json!({})).await, "10030");
    assert_eq!(
        approve(
            "order-0001",
            json!({ "customer": { "phoneNumber": "4790000000" } })
        )
        .await,
        "10020"
    );
    assert_eq!(approve("order-0001", json!({ "token": "other" })).await, "10050");
    world.set_dials(|dials| dials.first_approval_by_hand = true);
    assert_eq!(approve("order-0001", json!({ "token": token })).await, "10010");
    north.create(&north.web("order-0002", 1_000)).await;
    world.approve("100001", "order-0002").unwrap();
    assert_eq!(approve("order-0001", json!({ "token": token })).await, "200");
    assert_eq!(approve("order-0001", json!({ "token": token })).await, "6230");
    assert_eq!(approve("unknown-1", json!({})).await, "5090");
    north.create(&north.web("order-0003", 1_000)).await;
    world.decline("100001", "order-0003").unwrap();
    assert_eq!(approve("order-0003", json!({})).await, "10060");

    let production = Client::of(simulator.production(), "500001").await;
    production.create(&production.web("order-0001", 1_000)).await;
    assert_eq!(
        production
            .post("/epayment/v1/test/payments/order-0001/approve", "", &json!({}))
            .await
            .status,
        404
    );
    simulator.shutdown().await;
}
