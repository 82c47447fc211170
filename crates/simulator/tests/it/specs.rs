//! Against the published specifications, when they are at hand: a tour over all endpoints of
//! `Access Token`, ePayment and Order Management whose requests and answers validate, and every
//! published example. `NORDBRO_VIPPS_SPECS` names the folder; `./test` sets it when it is at hand.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::walk::{Client, Got, got, simulator};

/// Where bodies differ from the specifications on purpose: schema, where in the body, and why the
/// specification is older or wrong. Additions that the schemas let pass (`captureGuaranteedUntil`
/// since August 2026, `merchantLegalLinks`) and statuses they do not list (423) need no entry.
const DRIFT: [(&str, &str, &str); 5] = [
    (
        "ProductOrderRequest",
        "/merchantCategoryCode",
        "a number in the guide's sample, a string in 2.0.9",
    ),
    ("ForceApprove", "/customer", "the same `oneOf`"),
    (
        "CreatePaymentRequest",
        "/customer",
        "oneOf of three schemas without required members: any customer fits all three",
    ),
    (
        "GetPaymentResponse",
        "/userDetails",
        "four members are required, but only the consented scopes come",
    ),
    (
        "TokenResponse",
        "/expires_in",
        "a number in the 2026 sample, a string in 2.0.0",
    ),
];

/// Empty when nobody says where the specifications are: nothing is found there.
fn folder() -> PathBuf {
    // The one setting of these tests; there is no configuration to take it from.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has nobody to get its settings from"
    )]
    let named = std::env::var_os("NORDBRO_VIPPS_SPECS");
    named.map(PathBuf::from).unwrap_or_default()
}

pub(crate) struct Spec {
    document: Value,
}

impl Spec {
    /// `None`, said aloud, when the specifications are not at hand.
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    pub(crate) fn read(name: &str) -> Option<Self> {
        let path = folder().join("openapi").join(format!("{name}.yaml"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!(
                "SKIPPED: no specification at '{}'; set NORDBRO_VIPPS_SPECS",
                path.display()
            );
            return None;
        };
        let mut document: Value = serde_saphyr::from_str(&text).unwrap();
        convert(&mut document);
        Some(Self { document })
    }

    fn errors(&self, schema: &str, value: &Value) -> Vec<String> {
        let mut whole = json!({ "$ref": format!("#/components/schemas/{schema}") });
        whole["components"] = self.document["components"].clone();
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .build(&whole)
            .unwrap();
        validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    /// Asserts that the body fits, but for the drift; returns the drift met.
    pub(crate) fn fits(&self, schema: &str, value: &Value) -> Vec<&'static str> {
        let known = |error: &str| {
            DRIFT
                .iter()
                .find(|(it, place, _)| *it == schema && error.starts_with(place))
        };
        let (drifted, wrong): (Vec<_>, Vec<_>) = self
            .errors(schema, value)
            .into_iter()
            .partition(|error| known(error).is_some());
        assert_eq!(wrong, Vec::<String>::new(), "{schema}: {value}");
        drifted
            .iter()
            .filter_map(|error| known(error))
            .map(|(_, place, _)| *place)
            .collect()
    }
}

/// OpenAPI 3.0 to JSON Schema: `nullable` becomes the type `null`, examples and the like go.
fn convert(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for name in ["example", "x-examples", "discriminator"] {
                object.remove(name);
            }
            // Neither is a format of JSON Schema, and none of them is checked by default.
            object.remove("format");
            if object.remove("nullable") == Some(Value::Bool(true)) {
                if let Some(kind) = object.get("type").cloned() {
                    object.insert("type".into(), json!([kind, "null"]));
                }
                if let Some(Value::Array(members)) = object.get_mut("enum") {
                    members.push(Value::Null);
                }
            }
            object.values_mut().for_each(convert);
        }
        Value::Array(items) => items.iter_mut().for_each(convert),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(crate) fn example(name: &str) -> Value {
    let path = folder().join("examples").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn problem(spec: &Spec, got: &Got, status: u16) {
    assert_eq!(
        (got.status, got.content_type.as_str()),
        (status, "application/problem+json"),
        "{}",
        got.text
    );
    spec.fits("Problem", &got.body);
}

#[tokio::test]
async fn the_epayment_tour_keeps_the_specification() {
    let Some(spec) = Spec::read("epayment") else {
        return;
    };
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let create = async |body: Value| {
        spec.fits("CreatePaymentRequest", &body);
        let created = north.create(&body).await;
        assert_eq!(
            (created.status, created.content_type.as_str()),
            (201, "application/json"),
            "{}",
            created.text
        );
        spec.fits("CreatePaymentResponse", &created.body);
        created.body
    };
    create(north.web("order-0001", 10_000)).await;
    let mut flows = Vec::new();
    for (nth, flow) in ["PUSH_MESSAGE", "NATIVE_REDIRECT", "QR"].into_iter().enumerate() {
        let mut body = north.web(&format!("flow-000{nth}"), 10_000);
        body["userFlow"] = flow.into();
        flows.push(
            create(body).await["redirectUrl"]
                .as_str()
                .map(|url| url[..8].to_owned()),
        );
    }
    assert_eq!(flows, [None, Some("vippsMT:".into()), Some("https://".into())]);
    let mut rich = north.web("order-0002", 10_000);
    rich["profile"] = json!({ "scope": "name email phoneNumber address birthDate" });
    rich["metadata"] = json!({ "till": "7" });
    rich["minimumUserAge"] = json!(18);
    rich["expiresAt"] = json!("2026-11-09T12:00:00+01:00");
    rich["receiptUrl"] = json!("https://example.com/receipt");
    rich["receipt"] = example("order-management.receipt.request.json");
    create(rich).await;
    let before = north.payment("order-0002").await;
    spec.fits("GetPaymentResponse", &before.body);
    let approve = json!({ "customer": { "phoneNumber": "4712345678" } });
    spec.fits("ForceApprove", &approve);
    for reference in ["order-0001", "order-0002"] {
        let path = format!("/epayment/v1/test/payments/{reference}/approve");
        assert_eq!(north.post(&path, "", &approve).await.status, 200);
        spec.fits("GetPaymentResponse", &north.payment(reference).await.body);
    }
    let after = north.payment("order-0002").await.body;
    assert!(after["userDetails"]["firstName"].is_string() && after["profile"]["sub"].is_string());
    assert_eq!(after["metadata"], json!({ "till": "7" }));
    let mut little = north.web("order-0003", 10_000);
    little["profile"] = json!({ "scope": "name" });
    create(little).await;
    simulator.test().approve("100001", "order-0003").unwrap();
    let drift = spec.fits("GetPaymentResponse", &north.payment("order-0003").await.body);
    assert_eq!(drift, ["/userDetails", "/userDetails"]);
    for (what, value) in [("capture", 4_000), ("refund", 1_000)] {
        let got = north.modify(what, "order-0001", what, value).await;
        assert_eq!(got.status, 200);
        spec.fits("ModificationResponse", &got.body);
    }
    spec.fits(
        "ModificationResponse",
        &north.cancel("order-0001", "cancel").await.body,
    );
    for event in north.events("order-0001").await {
        spec.fits("PaymentEvent", &event);
    }
    problem(&spec, &north.cancel("order-0001", "again").await, 400);
    problem(&spec, &north.payment("order-9999").await, 404);
    problem(
        &spec,
        &north
            .post("/epayment/v1/payments", "other", &north.web("order-0001", 10_000))
            .await,
        409,
    );
    problem(
        &spec,
        &north
            .post(
                "/epayment/v1/payments",
                "third",
                &json!({ "reference": "order-0003" }),
            )
            .await,
        400,
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn every_published_epayment_example_is_taken_and_has_the_shape_of_our_answers() {
    let Some(spec) = Spec::read("epayment") else {
        return;
    };
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let request = example("epayment.create.request.web-redirect.json");
    spec.fits("CreatePaymentRequest", &request);
    assert_eq!(north.create(&request).await.status, 201);
    let reference = request["reference"].as_str().unwrap();
    let early = north
        .post(
            &format!("/epayment/v1/payments/{reference}/capture"),
            "early",
            &example("epayment.modification.request.json"),
        )
        .await;
    let published = example("epayment.problem.domain-6080.json");
    assert_eq!(members(&early.body), members(&published));
    assert_eq!(early.body["extraDetails"], published["extraDetails"]);
    simulator.test().approve("100001", reference).unwrap();
    let captured = north
        .post(
            &format!("/epayment/v1/payments/{reference}/capture"),
            "k",
            &example("epayment.modification.request.json"),
        )
        .await;
    assert_eq!(captured.status, 200);
    let read = north.payment(reference).await.body;
    assert_eq!(
        members(&read),
        members(&example("epayment.get.response.authorized.json"))
    );
    let bad = north.post("/epayment/v1/payments", "bad", &json!({ "reference": "x", "amount": { "currency": "NOK", "value": 100 },
        "paymentMethod": { "type": "WALLET" }, "userFlow": "WEB_REDIRECT", "returnUrl": "https://example.com" })).await;
    let published = example("epayment.problem.validation.json");
    assert_eq!(members(&bad.body), members(&published));
    assert_eq!(
        bad.body["extraDetails"][0]["name"],
        published["extraDetails"][0]["name"]
    );
    let paths = &spec.document["components"]["examples"];
    assert!(paths.is_object());
    for name in ["UrlRedirect", "NativeRedirect", "PushFlow", "QrImageUrl"] {
        spec.fits(
            "CreatePaymentResponse",
            &example(&format!("epayment.create.response.{name}.json")),
        );
    }
    simulator.shutdown().await;
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_token_tour_keeps_the_specification() {
    let Some(spec) = Spec::read("access-token") else {
        return;
    };
    let simulator = simulator().await;
    let north = Client::of(simulator.production(), "500001").await;
    spec.fits("AuthorizationTokenResponse", &north.fetch_token().await.body);
    let keys = simulator
        .production()
        .registry()
        .keys_of(&nordbro_simulator::Owner::Partner("north".into()))
        .cloned()
        .unwrap();
    let request = north
        .http
        .post(format!("{}/miami/v1/token", north.world.url()))
        .basic_auth(&keys.client_id, Some(&keys.client_secret))
        .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        .body("grant_type=client_credentials");
    assert_eq!(
        spec.fits("TokenResponse", &got(request).await.body),
        ["/expires_in"]
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_order_management_tour_keeps_the_specification() {
    let Some(spec) = Spec::read("order-management") else {
        return;
    };
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let receipt = example("order-management.receipt.request.json");
    spec.fits("Receipt", &receipt);
    let path = "/order-management/v2/ecom/receipts/order-0001";
    assert_eq!(north.post(path, "", &receipt).await.status, 201);
    let read = north.read("/order-management/v2/ecom/order-0001").await.body;
    spec.fits("OrderV2Response", &read);
    assert_eq!(read["receipt"], receipt);
    for refused in [
        north.post(path, "", &receipt).await,
        north.post(path, "", &json!({ "orderLines": [] })).await,
        north.read("/order-management/v2/ecom/order-0002").await,
    ] {
        spec.fits("ErrorResponse", &refused.body);
    }
    simulator.shutdown().await;
}
