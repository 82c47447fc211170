//! The sweep: every operation of the document, asked by whoever may not. The document is the list, so an
//! operation that is new is tried the moment it is there.

use std::collections::BTreeSet;

use domain::Clock;
use simulator::Seen;
use testkit::contract::{Operation, operations};
use testkit::{Answer, Gateway, Kind, Token, on_both_databases};
use time::Duration;

use crate::samples::{Names, key_for, payment_of, request};

on_both_databases!(
    nobody_is_told_anything,
    a_token_without_the_scope_is_told_which_one_before_anything_is_looked_up,
    the_unit_of_another_partner_does_not_exist,
    the_payment_of_another_partner_does_not_exist,
    the_operation_of_another_partner_does_not_exist,
    the_merchant_of_another_partner_does_not_exist,
    a_narrowed_token_sees_its_own_merchants_and_makes_none,
    the_token_of_the_other_environment_reaches_nothing,
    a_narrowed_token_reaches_only_its_units,
    lists_hold_only_what_the_token_reaches,
    no_unit_spends_its_limit_on_a_stranger,
);

/// As many lines as the file of exceptions has. It goes down with the file, and never up.
const EXCEPTIONS: usize = 4;

const UNKNOWN_MSN: &str = "999999";
const UNKNOWN_REFERENCE: &str = "never-heard-of-1";
const UNKNOWN_MERCHANT: &str = "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
const UNKNOWN_PRODUCT_ORDER: &str = "por_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
const UNKNOWN_OPERATION: &str = "op_0190a1b2c3d47e5f8091a2b3c4d5e6f7";

fn exceptions() -> BTreeSet<(String, String)> {
    include_str!("walls.exceptions")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (place, _why) = line.split_once(':').expect("a reason follows the colon");
            let (operation, case) = place.split_once(' ').expect("operation and case");
            (operation.to_owned(), case.to_owned())
        })
        .collect()
}

/// These have cases of their own: a foreign merchant, a narrowed token for the partner as a whole; and product
/// orders, which exist in production alone and have their stories there.
fn is_about_merchants(operation: &Operation) -> bool {
    operation.path.starts_with("/v1/merchants") || operation.path.starts_with("/v1/product-orders")
}

/// The operations that a case can be tried with; those that it cannot must be excepted, and only those.
fn tried(case: &str, applies: impl Fn(&Operation) -> bool) -> Vec<&'static Operation> {
    let excepted = exceptions();
    let all = operations()
        .iter()
        .filter(|operation| !is_about_merchants(operation));
    let (tried, left): (Vec<_>, Vec<_>) = all.partition(|operation| applies(operation));
    for operation in &tried {
        let line = (operation.id.clone(), case.to_owned());
        assert!(!excepted.contains(&line), "the exception {line:?} is not needed");
    }
    for operation in left {
        let line = (operation.id.clone(), case.to_owned());
        assert!(
            excepted.contains(&line),
            "{line:?} cannot be tried and is not excepted"
        );
    }
    tried
}

#[test]
fn the_file_of_exceptions_only_shrinks_and_names_operations_that_exist() {
    let known: BTreeSet<_> = operations().iter().map(|it| it.id.as_str()).collect();
    let excepted = exceptions();
    assert_eq!(excepted.len(), EXCEPTIONS, "{excepted:?}");
    for (operation, case) in &excepted {
        assert!(known.contains(operation.as_str()), "{operation} is no operation");
        assert!(
            ["foreign-unit", "narrowed"].contains(&case.as_str()),
            "{case} is no case"
        );
    }
    // As many as the document had when this was last looked at: one that is lost would be swept no more.
    assert!(known.len() >= 23, "the document has lost operations: {known:?}");
}

fn unknown() -> Names {
    Names {
        msn: UNKNOWN_MSN.to_owned(),
        reference: UNKNOWN_REFERENCE.to_owned(),
        operation: UNKNOWN_OPERATION.to_owned(),
        merchant: UNKNOWN_MERCHANT.to_owned(),
        product_order: UNKNOWN_PRODUCT_ORDER.to_owned(),
    }
}

/// Asks with a fresh token after every limit has filled up again, so that two answers can be compared.
async fn asked(
    gateway: &Gateway,
    operation: &Operation,
    names: &Names,
    token: impl Fn(&Gateway) -> Token<'_>,
    key: &str,
) -> Answer {
    gateway.world.advance(Duration::minutes(2)).await;
    let token = token(gateway).signed();
    request(gateway, operation, names, key)
        .bearer(&token)
        .send()
        .await
}

/// Fails unless both answers are the same but for the request's ids, and say that nothing is there.
#[track_caller]
fn same(operation: &Operation, one: &Answer, other: &Answer) {
    assert_eq!(one.status, 404, "{}\n{one}", operation.id);
    assert_eq!(
        one.without_ids(),
        other.without_ids(),
        "{}\n{one}\n{other}",
        operation.id
    );
    assert_eq!(one.header("location"), None, "{one}");
}

/// What the simulator saw of one sales unit.
fn seen(gateway: &Gateway, msn: &str) -> Vec<Seen> {
    let mut seen = gateway.world.simulator.test().requests();
    seen.retain(|it| it.msn.as_deref() == Some(msn));
    seen
}

/// A gateway where north has a payment, and what the simulator has seen of north so far.
async fn with_north(kind: Kind) -> (Gateway, Names) {
    let gateway = Gateway::start(kind).await;
    let norths = payment_of(&gateway, &gateway.north(), "north-order-1").await;
    (gateway, norths)
}

async fn nobody_is_told_anything(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let before = seen(&gateway, &norths.msn).len();
    for operation in operations() {
        for names in [&norths, &unknown()] {
            let none = request(&gateway, operation, names, "nobody").send().await;
            let none = none.problem(401, "unauthenticated");
            assert_eq!(none.header("www-authenticate"), Some("Bearer"), "{none}");
            let bad = request(&gateway, operation, names, "nobody")
                .bearer("not.a.token")
                .send()
                .await
                .problem(401, "unauthenticated");
            let challenge = bad.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains("invalid_token"), "{bad}");
        }
    }
    assert_eq!(seen(&gateway, &norths.msn).len(), before);
}

async fn a_token_without_the_scope_is_told_which_one_before_anything_is_looked_up(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let before = seen(&gateway, &norths.msn).len();
    for operation in operations() {
        let others: Vec<_> = app::Scope::ALL
            .into_iter()
            .map(app::Scope::as_str)
            .filter(|scope| *scope != operation.scope)
            .collect();
        let without = |gateway: &Gateway| {
            let issuer = &gateway.north_issuer;
            issuer
                .token(gateway.world.app.clock().now())
                .scope(&others.join(" "))
                .signed()
        };
        let mut answers = Vec::new();
        for names in [&norths, &unknown()] {
            gateway.world.advance(Duration::minutes(2)).await;
            let token = without(&gateway);
            let answer = request(&gateway, operation, names, "no-scope")
                .bearer(&token)
                .send()
                .await
                .problem(403, "scope_missing");
            assert!(answer.text("/detail").contains(&operation.scope), "{answer}");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains("insufficient_scope"), "{answer}");
            answers.push(answer.without_ids());
        }
        assert_eq!(answers[0], answers[1], "{}", operation.id);
        // And with that scope alone it is let in.
        gateway.world.advance(Duration::minutes(2)).await;
        let token = gateway.north_token().scope(&operation.scope).signed();
        let let_in = request(&gateway, operation, &unknown(), "one-scope")
            .bearer(&token)
            .send()
            .await;
        assert!(let_in.status != 403 && let_in.status != 401, "{let_in}");
    }
    assert_eq!(seen(&gateway, &norths.msn).len(), before);
}

async fn the_unit_of_another_partner_does_not_exist(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let before = (
        seen(&gateway, &norths.msn).len(),
        gateway.world.simulator.test().ledger(),
    );
    for operation in tried("foreign-unit", |it| it.path.contains("{msn}")) {
        let nowhere = Names {
            msn: UNKNOWN_MSN.to_owned(),
            ..norths.clone()
        };
        let key = key_for(&["foreign", &operation.id]);
        let foreign = asked(&gateway, operation, &norths, Gateway::south_token, &key).await;
        let unknown = asked(&gateway, operation, &nowhere, Gateway::south_token, &key).await;
        same(operation, &foreign, &unknown);
        assert_eq!(foreign.code(), "sales_unit_not_found", "{foreign}");
        let body = String::from_utf8_lossy(&foreign.bytes).into_owned();
        assert!(
            !body.contains(&norths.msn) && !body.contains(&norths.reference),
            "{foreign}"
        );
        // Nor does it help to send what would be refused at a unit of one's own.
        let garbage = request_with_garbage(&gateway, operation, &norths).await;
        if let Some(garbage) = garbage {
            same(operation, &garbage, &unknown);
        }
    }
    assert_eq!(
        before,
        (
            seen(&gateway, &norths.msn).len(),
            gateway.world.simulator.test().ledger()
        )
    );
}

async fn request_with_garbage(gateway: &Gateway, operation: &Operation, names: &Names) -> Option<Answer> {
    if operation.method == http::Method::GET {
        return None;
    }
    gateway.world.advance(Duration::minutes(2)).await;
    let ask = gateway.ask(operation.method.clone(), &crate::samples::path(operation, names));
    let token = gateway.south_token().signed();
    Some(
        ask.bearer(&token)
            .header("merchant-serial-number", "123")
            .bytes("text/plain", "{{{{")
            .send()
            .await,
    )
}

async fn the_payment_of_another_partner_does_not_exist(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let truth = gateway.north().truth(&norths.reference);
    for operation in operations().iter().filter(|it| it.path.contains("{reference}")) {
        let own = |reference: &str| Names {
            msn: "200001".to_owned(),
            reference: reference.to_owned(),
            operation: norths.operation.clone(),
            merchant: norths.merchant.clone(),
            product_order: norths.product_order.clone(),
        };
        let (norths, never) = (own(&norths.reference), own(UNKNOWN_REFERENCE));
        let key = key_for(&["reference", &operation.id]);
        let foreign = asked(&gateway, operation, &norths, Gateway::south_token, &key).await;
        let unknown = asked(&gateway, operation, &never, Gateway::south_token, &key).await;
        same(operation, &foreign, &unknown);
        assert_eq!(foreign.code(), "payment_not_found", "{foreign}");
    }
    assert_eq!(gateway.north().truth(&norths.reference), truth);
}

async fn the_operation_of_another_partner_does_not_exist(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let souths = payment_of(&gateway, &gateway.south(), "south-order-1").await;
    let mine = payment_of(&gateway, &gateway.south(), "south-order-2").await;
    let mut tried = 0;
    for operation in operations().iter().filter(|it| it.path.contains("{operationId}")) {
        tried += 1;
        let with = |id: &str| Names {
            operation: id.to_owned(),
            ..souths.clone()
        };
        let key = key_for(&["operation", &operation.id]);
        let never = asked(
            &gateway,
            operation,
            &with(UNKNOWN_OPERATION),
            Gateway::south_token,
            &key,
        )
        .await;
        // Another partner's, and another payment's of one's own.
        for id in [&norths.operation, &mine.operation] {
            let foreign = asked(&gateway, operation, &with(id), Gateway::south_token, &key).await;
            same(operation, &foreign, &never);
        }
        for id in ["op_1", "no-id", "pay_0190a1b2c3d47e5f8091a2b3c4d5e6f7"] {
            let none = asked(&gateway, operation, &with(id), Gateway::south_token, &key).await;
            let _ = none.problem(404, "operation_not_found");
        }
        let own = asked(&gateway, operation, &souths, Gateway::south_token, &key).await;
        assert_eq!(own.status, 200, "{own}");
    }
    assert_eq!(tried, 1);
}

async fn the_merchant_of_another_partner_does_not_exist(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let before = gateway.world.simulator.test().requests().len();
    let mut tried = 0;
    for operation in operations().iter().filter(|it| it.path.contains("{merchantId}")) {
        tried += 1;
        let never = asked(&gateway, operation, &unknown(), Gateway::south_token, "merchant").await;
        let foreign = asked(&gateway, operation, &norths, Gateway::south_token, "merchant").await;
        same(operation, &foreign, &never);
        assert_eq!(foreign.code(), "merchant_not_found", "{foreign}");
        let nonsense = Names {
            merchant: "mer_1".to_owned(),
            ..norths.clone()
        };
        let nonsense = asked(&gateway, operation, &nonsense, Gateway::south_token, "merchant").await;
        same(operation, &nonsense, &never);
    }
    assert_eq!(tried, 2);
    assert_eq!(gateway.world.simulator.test().requests().len(), before);
}

async fn a_narrowed_token_sees_its_own_merchants_and_makes_none(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    for operation in operations().iter().filter(|it| is_about_merchants(it)) {
        for (reach, sees) in [(&["100002"][..], true), (&[], false), (&["200001"], false)] {
            gateway.world.advance(Duration::minutes(2)).await;
            let token = gateway.north_token().msns(reach).signed();
            let answer = request(&gateway, operation, &norths, "narrowed");
            let answer = answer.bearer(&token).send().await;
            match (operation.id.as_str(), sees) {
                ("listMerchants", _) => {
                    let count = answer.clone().is(200).at("/data").as_array().unwrap().len();
                    assert_eq!(count, usize::from(sees), "{answer}");
                }
                // It is the partner's, and no sales unit has come of it.
                ("listProductOrders", _) => {
                    assert_eq!(answer.clone().is(200).at("/data"), serde_json::json!([]));
                }
                ("getProductOrder", _) => {
                    let _ = answer.problem(404, "product_order_not_found");
                }
                ("getMerchant", true) => assert_eq!(answer.clone().is(200).text("/id"), norths.merchant),
                ("getMerchant", false) => {
                    let _ = answer.problem(404, "merchant_not_found");
                }
                (_, _) => {
                    let _ = answer.problem(403, "token_narrowed");
                }
            }
        }
    }
}

async fn the_token_of_the_other_environment_reaches_nothing(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let before = gateway.world.simulator.test().ledger();
    let production = |gateway: &Gateway| -> Answered {
        Answered(
            gateway
                .north_production
                .token(gateway.world.app.clock().now())
                .signed(),
        )
    };
    for operation in operations() {
        let key = key_for(&["environment", &operation.id]);
        let mut answers = Vec::new();
        for msn in [norths.msn.as_str(), UNKNOWN_MSN] {
            gateway.world.advance(Duration::minutes(2)).await;
            let names = Names {
                msn: msn.to_owned(),
                ..norths.clone()
            };
            let token = production(&gateway).0;
            answers.push(
                request(&gateway, operation, &names, &key)
                    .bearer(&token)
                    .send()
                    .await,
            );
        }
        if ["{msn}", "{merchantId}", "{productOrderId}"]
            .iter()
            .any(|name| operation.path.contains(name))
        {
            same(operation, &answers[0], &answers[1]);
        } else if operation.id == "createProductOrder" {
            // For a merchant of the other environment, or of nobody.
            assert_eq!((answers[0].status, answers[1].status), (400, 400));
        } else if operation.method != http::Method::GET {
            // It makes something in the token's own environment, once.
            assert_eq!((answers[0].status, answers[1].status), (201, 409));
        } else {
            assert_eq!(answers[0].clone().is(200).at("/data"), serde_json::json!([]));
        }
    }
    assert_eq!(gateway.world.simulator.test().ledger(), before);
    assert_eq!(gateway.world.simulator.production().ledger(), Vec::new());
    assert!(gateway.world.simulator.production().requests().is_empty());
}

/// A signed token that borrows nothing.
struct Answered(String);

async fn a_narrowed_token_reaches_only_its_units(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let before = gateway.world.simulator.test().ledger();
    for operation in tried("narrowed", |it| it.path.contains("{msn}")) {
        for reach in [&["100002"][..], &[], &["200001"]] {
            let key = key_for(&["narrowed", &operation.id]);
            let mut answers = Vec::new();
            for msn in [norths.msn.as_str(), UNKNOWN_MSN] {
                gateway.world.advance(Duration::minutes(2)).await;
                let names = Names {
                    msn: msn.to_owned(),
                    ..norths.clone()
                };
                let token = gateway.north_token().msns(reach).signed();
                answers.push(
                    request(&gateway, operation, &names, &key)
                        .bearer(&token)
                        .send()
                        .await,
                );
            }
            same(operation, &answers[0], &answers[1]);
        }
        // A claim of another type is no token at all.
        for wrong in [
            serde_json::json!("100001"),
            serde_json::json!(null),
            serde_json::json!([100_001]),
            serde_json::json!({}),
        ] {
            let token = gateway.north_token().claim("msns", wrong).signed();
            let _ = request(&gateway, operation, &norths, "wrong-type")
                .bearer(&token)
                .send()
                .await
                .problem(401, "unauthenticated");
        }
    }
    assert_eq!(gateway.world.simulator.test().ledger(), before);
}

async fn lists_hold_only_what_the_token_reaches(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    let _souths = payment_of(&gateway, &gateway.south(), "south-order-1").await;
    let units = async |token: Token<'_>| -> Vec<String> {
        let desk = gateway.desk(&token, "100001");
        let list = desk
            .ask(http::Method::GET, "/v1/sales-units")
            .send()
            .await
            .is(200);
        let data = list.at("/data");
        let data = data.as_array().unwrap().iter();
        data.map(|it| it["msn"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(units(gateway.north_token()).await, ["100001", "100002"]);
    assert_eq!(units(gateway.south_token()).await, ["200001", "200002"]);
    let narrowed = gateway.north_token().msns(&["100002", "200001", "999999"]);
    assert_eq!(units(narrowed).await, ["100002"]);
    assert_eq!(units(gateway.north_token().msns(&[])).await, [""; 0]);
    // And calls are counted for the partner and the units that the token reaches.
    app::jobs::record_calls::run_once(&gateway.world.app, gateway.world.clock.now())
        .await
        .unwrap();
    let counted = async |token: Token<'_>, query: &str| -> Vec<String> {
        let desk = gateway.desk(&token, "100001");
        let path = format!("/v1/api-quality{query}");
        let list = desk.ask(http::Method::GET, &path).send().await.is(200);
        let data = list.at("/data");
        let data = data.as_array().unwrap().iter();
        let msns: BTreeSet<_> = data
            .map(|it| it["msn"].as_str().unwrap_or("-").to_owned())
            .collect();
        msns.into_iter().collect()
    };
    // Keys are tried for no sales unit when they come in.
    assert_eq!(counted(gateway.north_token(), "").await, ["-", "100001"]);
    assert_eq!(counted(gateway.north_token(), "?msn=100001").await, ["100001"]);
    assert_eq!(counted(gateway.north_token(), "?msn=200001").await, [""; 0]);
    assert_eq!(counted(gateway.south_token(), "").await, ["-", "200001"]);
    let narrowed = || gateway.north_token().msns(&["100002", "200001"]);
    assert_eq!(counted(narrowed(), "").await, [""; 0]);
    assert_eq!(counted(narrowed(), "?msn=100001").await, [""; 0]);
    assert_eq!(
        counted(gateway.north_token().msns(&["100001"]), "").await,
        ["100001"]
    );
    // And payments are those of the unit in the path.
    let references = async |desk: testkit::Desk<'_>| -> Vec<String> {
        let list = desk.get("/payments").send().await.is(200);
        let data = list.at("/data");
        let data = data.as_array().unwrap().iter();
        data.map(|it| it["reference"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(references(gateway.north()).await, [norths.reference.as_str()]);
    assert_eq!(references(gateway.south()).await, ["south-order-1"]);
    let second = gateway.desk(&gateway.north_token(), "100002");
    assert_eq!(references(second).await, [""; 0]);
}

async fn no_unit_spends_its_limit_on_a_stranger(kind: Kind) {
    let (gateway, norths) = with_north(kind).await;
    gateway.world.advance(Duration::minutes(2)).await;
    let standing = |answer: &Answer| answer.header("ratelimit").unwrap_or_default().to_owned();
    let south = gateway.desk(&gateway.south_token(), &norths.msn);
    for _ in 0..20 {
        let foreign = south.payment(&norths.reference).send().await.is(404);
        assert!(
            !standing(&foreign).contains("sales"),
            "a stranger learns of the unit's limit\n{foreign}"
        );
    }
    let own = gateway.north().payment(&norths.reference).send().await.is(200);
    let other = gateway.desk(&gateway.north_token(), "100002");
    let fresh = other.get("").send().await.is(200);
    let of_unit = |answer: &Answer| {
        standing(answer)
            .split(',')
            .filter(|it| it.contains("sales"))
            .map(str::trim)
            .collect::<String>()
    };
    assert!(!of_unit(&own).is_empty(), "{own}");
    assert_eq!(of_unit(&own), of_unit(&fresh), "{own}\n{fresh}");
}
