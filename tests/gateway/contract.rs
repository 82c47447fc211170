//! Both contracts at once: what leaves for Vipps fits Vipps' specifications, and what is answered fits ours.
//! (Every answer of every test in this binary is held against `openapi/nordbro.json` by the harness; this
//! tour makes sure that every operation has been answered well at least once.)

use std::collections::BTreeSet;

use app::registry::KeySetOwner;
use domain::{Clock as _, Environment};
use serde_json::{Value, json};
use simulator::{Fault, Owner, Rule, Seen, Step};
use testkit::{Answer, Desk, Gateway, Kind, contract, desk, on_both_databases, specs};
use time::Duration;
use uuid::Uuid;

use crate::onboarding::{add_keys, keys_of, profile};

on_both_databases!(
    a_tour_keeps_the_contracts_of_both_sides,
    product_orders_are_made_read_and_taken_back_as_published,
    every_call_names_the_product_and_the_unit,
);

/// Every field of a create that Vipps publishes and the test environment takes.
fn rich(reference: &str) -> Value {
    let mut body = desk::web(reference, 49_900);
    body["customer"] = json!({"phoneNumber": "4712345678"});
    body["customerInteraction"] = json!("CUSTOMER_NOT_PRESENT");
    body["profile"] = json!({"scope": "name email phoneNumber address birthDate"});
    body["metadata"] = json!({"order": "1"});
    body["minimumUserAge"] = json!(18);
    body["receiptUrl"] = json!("https://shop.example/receipt");
    body["receipt"] = desk::receipt(49_900);
    body
}

/// Asks for everything once, and for each in another way where there is one.
async fn tour(gateway: &Gateway) -> Vec<Answer> {
    let desk = gateway.north();
    let mut answers = Vec::new();
    let mut keep = |answer: Answer| answers.push(answer);
    keep(
        desk.ask(http::Method::GET, "/v1/sales-units")
            .send()
            .await
            .is(200),
    );
    keep(desk.get("").send().await.is(200));
    keep(desk.create("tour-0001", 49_900, "c1").send().await.is(201));
    keep(
        desk.post("/payments")
            .key("c2")
            .json(&rich("tour-0002"))
            .send()
            .await
            .is(201),
    );
    for (nth, flow) in ["PUSH_MESSAGE", "NATIVE_REDIRECT", "QR"].into_iter().enumerate() {
        let mut body = desk::web(&format!("tour-flow-{nth}"), 49_900);
        body["userFlow"] = flow.into();
        body["customer"] = json!({"phoneNumber": "4712345678"});
        if flow == "QR" {
            body.as_object_mut().unwrap().remove("customer");
            body["qrFormat"] = json!({"format": "IMAGE/PNG", "size": 512});
        }
        keep(desk.post("/payments").key(flow).json(&body).send().await.is(201));
    }
    for reference in ["tour-0001", "tour-0002"] {
        keep(desk.approve(reference).send().await.is(200));
        keep(desk.payment(reference).send().await.is(200));
    }
    let captured = desk.capture("tour-0001", 20_000, "t1").send().await.is(200);
    keep(
        desk.operation("tour-0001", &captured.text("/id"))
            .send()
            .await
            .is(200),
    );
    keep(captured);
    keep(desk.refund("tour-0001", 5_000, "t2").send().await.is(200));
    keep(desk.cancel("tour-0001", "t3").send().await.is(200));
    keep(desk.cancel("tour-flow-0", "t4").send().await.is(200));
    keep(desk.events("tour-0001").send().await.is(200));
    keep(
        desk.put_receipt("tour-0001", &desk::receipt(49_900))
            .send()
            .await
            .is(202),
    );
    gateway.work().await;
    keep(desk.receipt("tour-0001").send().await.is(200));
    keep(desk.get("/payments?limit=2").send().await.is(200));
    keep(
        desk.ask(http::Method::GET, "/v1/api-quality?limit=100")
            .send()
            .await
            .is(200),
    );
    // A conflict makes the outbox read what is there.
    keep(
        desk.put_receipt("tour-0002", &desk::receipt(49_900))
            .send()
            .await
            .is(202),
    );
    gateway.work().await;
    // And the noes.
    keep(desk.capture("tour-0001", 5_000, "t5").send().await.is(409));
    keep(desk.payment("never-heard-of-1").send().await.is(404));
    answers
}

/// A sales unit from nothing to live, and another one half-way.
async fn onboard(gateway: &Gateway) -> Vec<Answer> {
    let desk = gateway.north();
    let ask = |method, path: &str| desk.ask(method, path);
    let new = json!({"name": "Havnens Cykler", "organisationNumber": "12345678", "country": "DK"});
    let merchant = ask(http::Method::POST, "/v1/merchants")
        .json(&new)
        .send()
        .await
        .is(201);
    let at = format!("/v1/merchants/{}", merchant.text("/id"));
    let new = json!({"msn": "100003", "name": "Havnegade 1"});
    let draft = ask(http::Method::POST, &format!("{at}/sales-units"));
    let units = gateway.world.simulator.test().units();
    let keys = &units.iter().find(|it| it.unit.msn == "100003").unwrap().keys;
    let keys = json!({
        "clientId": keys.client_id, "clientSecret": keys.client_secret,
        "subscriptionKey": keys.primary_subscription_key,
    });
    let unit = "/v1/sales-units/100003";
    let mut answers = vec![merchant, draft.json(&new).send().await.is(201)];
    for (method, path, body) in [
        (http::Method::GET, "/v1/merchants", None),
        (http::Method::GET, at.as_str(), None),
        (http::Method::PUT, &format!("{unit}/credentials"), Some(keys)),
        (
            http::Method::PUT,
            &format!("{unit}/credential-mode"),
            Some(json!({"credentialMode": "own"})),
        ),
        (http::Method::POST, &format!("{unit}/probe"), None),
    ] {
        let ask = ask(method, path);
        let ask = match body {
            Some(body) => ask.json(&body),
            None => ask,
        };
        answers.push(ask.send().await.is(200));
    }
    // One that another partner has.
    let keys = &units.iter().find(|it| it.unit.msn == "200002").unwrap().keys;
    let keys = json!({
        "clientId": keys.client_id, "clientSecret": keys.client_secret,
        "subscriptionKey": keys.primary_subscription_key,
    });
    let new = json!({"msn": "200002", "name": "Havnegade 2"});
    let draft = ask(http::Method::POST, &format!("{at}/sales-units"));
    answers.push(draft.json(&new).send().await.is(201));
    let put = ask(http::Method::PUT, "/v1/sales-units/200002/credentials");
    answers.push(put.json(&keys).send().await.is(200));
    for method in [http::Method::POST, http::Method::GET] {
        answers.push(
            ask(method, "/v1/sales-units/200002/transfers")
                .send()
                .await
                .is(200),
        );
    }
    answers
}

/// North with partner keys and a merchant in production.
async fn serve_orders(gateway: &Gateway) {
    let north = gateway.world.north.id;
    let keys = keys_of(
        gateway.world.simulator.production(),
        &Owner::Partner("north".to_owned()),
    );
    profile(gateway, north).await;
    let owner = KeySetOwner::Partner(north);
    add_keys(gateway, owner, Environment::Production, &keys).await;
    let new = json!({"name": "Fjell AS", "organisationNumber": "918273645", "country": "NO"});
    let made = in_production(gateway).ask(http::Method::POST, "/v1/merchants");
    let _ = made.json(&new).send().await.is(201);
}

/// North there, with a token of now.
fn in_production(gateway: &Gateway) -> Desk<'_> {
    let token = gateway.north_production.token(gateway.world.clock.now());
    gateway.desk(&token, "500003")
}

/// A product order, looked at and taken back.
async fn order(gateway: &Gateway) -> Vec<Answer> {
    serve_orders(gateway).await;
    let desk = in_production(gateway);
    let ask = |method, path: &str| desk.ask(method, path);
    let form = json!({
        "businessIdentifier": {"scheme": "business:NO:ORG", "id": "918273645"}, "productType": "CASHIER",
    });
    let made = ask(http::Method::POST, "/v1/product-orders")
        .key("t1")
        .json(&form);
    let made = made.send().await.is(201);
    gateway.world.advance(Duration::MINUTE).await;
    gateway.work().await;
    let path = format!("/v1/product-orders/{}", made.text("/id"));
    let mut answers = vec![made];
    for (method, path) in [
        (http::Method::GET, "/v1/product-orders"),
        (http::Method::GET, &path),
        (http::Method::DELETE, &path),
    ] {
        answers.push(ask(method, path).send().await.is(200));
    }
    answers
}

/// Fails unless each request that the simulator saw fits the published text, and these operations are among them, and
/// no other.
fn assert_published(requests: &[Seen], wanted: &[&str]) {
    let Some(specs) = specs::all() else { return };
    let mut known = BTreeSet::new();
    for seen in requests {
        let judged: Vec<_> = specs
            .iter()
            .filter_map(|spec| Some((spec.name, spec.faults(seen)?)))
            .collect();
        let [(name, faults)] = judged.as_slice() else {
            panic!(
                "{} {} is in {} specifications",
                seen.method,
                seen.path,
                judged.len()
            );
        };
        assert_eq!(faults, &Vec::<String>::new(), "{name}: {seen:#?}");
        known.insert((*name, seen.operation.unwrap_or_default()));
    }
    let names: BTreeSet<_> = known.iter().map(|(_, operation)| *operation).collect();
    assert_eq!(names, wanted.iter().copied().collect());
}

const OF_THE_TOUR: [&str; 11] = [
    "epayment.approve",
    "epayment.cancel",
    "epayment.capture",
    "epayment.create",
    "epayment.events",
    "epayment.get",
    "epayment.refund",
    "orders.get",
    "orders.receipt",
    "token.standard",
    "webhooks.list",
];

/// With the looks at the unit that comes of one.
const OF_ORDERS: [&str; 8] = [
    "epayment.get",
    "management.delete-order",
    "management.order",
    "management.order-details",
    "management.orders",
    "management.sales-unit",
    "token.standard",
    "webhooks.list",
];

/// Each field that the order form has.
fn whole_form() -> Value {
    json!({
        "businessIdentifier": {"scheme": "business:NO:ORG", "id": "918273645"},
        "salesUnitName": "Fjell (Storgata) 1",
        "settlementBankAccount": {"scheme": "BBAN:NO", "id": "86011117947"},
        "productType": "PAYMENT_INTEGRATION",
        "productUseCase": "WebsiteWithTest",
        "annualTurnover": 100_000,
        "annualTurnoverPercentage": "50",
        "intendedPurpose": "Boots and skis, sold on the website.",
        "website": {
            "url": "https://fjell.example", "termsUrl": "https://fjell.example/terms",
            "testWebsiteUrl": "https://fjell.example/test", "testWebsiteUsername": "test",
            "testWebsitePassword": "test",
        },
        "hasRecurring": false,
        "merchantCategoryCode": "5942",
    })
}

async fn product_orders_are_made_read_and_taken_back_as_published(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = order(&gateway).await;
    let world = gateway.world.simulator.production();
    let ask = |key: &'static str| {
        let order = in_production(&gateway).ask(http::Method::POST, "/v1/product-orders");
        order.key(key).json(&whole_form())
    };
    let first = ask("w1").send().await.is(201);
    // One whose answer never comes is sent again under its key, and later looked for in the list.
    world.add_fault(Rule::new("lost", Fault::AnswerLost).on("management.order"));
    let _ = ask("w2").wait(0).send().await.is(202);
    gateway.world.advance(Duration::minutes(5)).await;
    gateway.work().await;
    world.clear_faults();
    gateway.world.advance(Duration::hours(2)).await;
    gateway.work().await;
    // The unit that comes of one is looked at with the partner's keys.
    let id = Uuid::parse_str(&first.text("/vippsId")).unwrap();
    for step in [Step::Submit, Step::Complete] {
        world.step_order(id, step).unwrap();
    }
    gateway.world.advance(Duration::hours(2)).await;
    gateway.work().await;
    let path = format!("/v1/product-orders/{}", first.text("/id"));
    let done = in_production(&gateway).ask(http::Method::GET, &path).send().await;
    let at = Desk {
        msn: done.is(200).text("/msn"),
        ..in_production(&gateway)
    };
    let mode = at.ask(http::Method::PUT, &at.path("/credential-mode"));
    let mode = mode.json(&json!({"credentialMode": "partner"})).send().await;
    let _ = mode.is(200);
    let _ = at.post("/probe").send().await.is(200);
    let seen = world.requests();
    assert_eq!(
        seen.iter()
            .filter(|it| it.operation == Some("management.order"))
            .count(),
        4,
        "two answers, one lost, one lost again"
    );
    assert_published(&seen, &OF_ORDERS);
}

async fn a_tour_keeps_the_contracts_of_both_sides(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let mut answers = tour(&gateway).await;
    answers.extend(onboard(&gateway).await);
    answers.extend(order(&gateway).await);
    assert_published(&gateway.world.simulator.test().requests(), &OF_THE_TOUR);
    for operation in contract::operations() {
        let met = answers.iter().any(|answer| {
            let (method, path) = answer.asked.split_once(' ').unwrap();
            answer.status < 300
                && method == operation.method.as_str()
                && contract::fits(&operation.path, path)
        });
        assert!(met, "{} was not part of the tour", operation.id);
    }
}

async fn every_call_names_the_product_and_the_unit(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    // The operator has proven the keys under the operator's own product. From here on it is the partner's.
    gateway.world.simulator.test().clear_requests();
    gateway.world.advance(Duration::hours(2)).await;
    let _ = tour(&gateway).await;
    gateway.pass(Duration::seconds(5)).await;
    for seen in gateway.world.simulator.test().requests() {
        assert_eq!(seen.missing_system_headers, [""; 0], "{seen:#?}");
        for (name, value) in [
            ("vipps-system-name", "Acme"),
            ("vipps-system-version", "1.0"),
            ("vipps-system-plugin-name", "acme-pos"),
            ("vipps-system-plugin-version", "2.3"),
        ] {
            assert_eq!(seen.header(name), Some(value), "{seen:#?}");
        }
        if seen.operation == Some("token.standard") {
            continue;
        }
        let msn = seen.header("merchant-serial-number").unwrap_or_default();
        assert_eq!(msn, "100001", "{seen:#?}");
        assert!(
            seen.header("authorization").unwrap().starts_with("Bearer "),
            "{seen:#?}"
        );
        assert!(seen.header("ocp-apim-subscription-key").is_some(), "{seen:#?}");
        let writes = ["create", "capture", "refund", "cancel"];
        let operation = seen.operation.unwrap_or_default();
        if writes.iter().any(|it| operation == format!("epayment.{it}")) {
            let key = seen.idempotency_key.unwrap_or_default();
            let legal = key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
            assert!(legal && (1..=40).contains(&key.len()), "{key}");
        }
    }
}
