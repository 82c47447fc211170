//! Input that is wrong is answered with the field, the reason and the remedy; nothing of it leaves the house
//! and nothing of it is kept.

use http::Method;
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, Statement};
use serde_json::{Value, json};
use testkit::{Answer, Ask, Gateway, Kind, desk, on_both_databases};

on_both_databases!(
    bodies_that_are_no_json_say_so,
    values_that_break_a_rule_are_named,
    what_may_be_anything_is_forwarded_as_it_came,
    headers_that_are_wrong_are_named,
    a_search_that_is_wrong_is_told_what_is_wrong,
    names_in_the_path_that_cannot_exist_do_not,
    a_body_that_breaks_off_is_not_acted_on,
    methods_and_paths_that_are_not_there_are_not_there,
);

const REFERENCE: &str = "bad-input-1";

async fn with_payment(kind: Kind) -> Gateway {
    let gateway = Gateway::start(kind).await;
    let _ = gateway.north().authorized(REFERENCE, 10_000).await;
    gateway
}

/// What the gateway keeps of money.
async fn kept(gateway: &Gateway) -> Vec<i64> {
    let database = Database::connect(&gateway.world.database.url).await.unwrap();
    let backend = database.get_database_backend();
    let mut counts = Vec::new();
    for table in [
        "payments",
        "operations",
        "attempts",
        "idempotency_keys",
        "receipts",
    ] {
        let sql = match backend {
            DatabaseBackend::Postgres | DatabaseBackend::Sqlite | DatabaseBackend::MySql => {
                format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table}")
            }
            _ => panic!("an unknown database"),
        };
        let row = database
            .query_one_raw(Statement::from_string(backend, sql))
            .await
            .unwrap()
            .unwrap();
        counts.push(row.try_get::<i64>("", "n").unwrap());
    }
    database.close().await.unwrap();
    counts
}

/// How many requests the simulator saw that were more than a look.
fn writes(gateway: &Gateway) -> usize {
    let seen = gateway.world.simulator.test().requests();
    seen.iter()
        .filter(|it| it.method != "GET" && it.operation != Some("token.standard"))
        .count()
}

/// Fails unless everything is as before.
async fn untouched(gateway: &Gateway, before: &(usize, Vec<i64>), name: &str) {
    assert_eq!(
        (&before.0, &before.1),
        (&writes(gateway), &kept(gateway).await),
        "{name}: something was sent or kept"
    );
}

async fn before(gateway: &Gateway) -> (usize, Vec<i64>) {
    (writes(gateway), kept(gateway).await)
}

/// The places that take a body.
fn places(gateway: &Gateway) -> Vec<(&'static str, Ask<'_>)> {
    let desk = gateway.north();
    let below = |what: &str| desk.path(&format!("/payments/{REFERENCE}/{what}"));
    vec![
        ("create", desk.ask(Method::POST, &desk.path("/payments")).key("k")),
        ("capture", desk.ask(Method::POST, &below("capture")).key("k")),
        ("refund", desk.ask(Method::POST, &below("refund")).key("k")),
        ("cancel", desk.ask(Method::POST, &below("cancel")).key("k")),
        ("approve", desk.ask(Method::POST, &below("approve"))),
        ("receipt", desk.ask(Method::PUT, &below("receipt"))),
    ]
}

async fn bodies_that_are_no_json_say_so(kind: Kind) {
    let gateway = with_payment(kind).await;
    let as_before = before(&gateway).await;
    let json = "application/json";
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let deeper = format!("{}{}", "{\"a\":".repeat(100_000 / 5), "1");
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(300 * 1024));
    let good = desk::modification(100).to_string();
    let mut utf8 = b"{\"modificationAmount\":{\"currency\":\"NOK\",\"value\":100},\"x\":\"".to_vec();
    utf8.extend([0xff, 0xfe, 0xc0, b'"', b'}']);
    let cases: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
        ("garbage", json, b"garbage".to_vec(), 400, "body_not_json"),
        (
            "cut off",
            json,
            good.as_bytes()[..20].to_vec(),
            400,
            "body_not_json",
        ),
        (
            "twice",
            json,
            format!("{good}{good}").into_bytes(),
            400,
            "body_not_json",
        ),
        ("single quotes", json, b"{'a':1}".to_vec(), 400, "body_not_json"),
        ("NaN", json, b"{\"a\":NaN}".to_vec(), 400, "body_not_json"),
        (
            "a byte order mark",
            json,
            format!("\u{feff}{good}").into_bytes(),
            400,
            "body_not_json",
        ),
        ("not UTF-8", json, utf8, 400, "body_not_json"),
        (
            "a lone surrogate",
            json,
            b"{\"a\":\"\\ud800\"}".to_vec(),
            400,
            "body_not_json",
        ),
        ("zeros", json, vec![0; 100], 400, "body_not_json"),
        ("too deep", json, deep.into_bytes(), 400, "body_too_deep"),
        ("far too deep", json, deeper.into_bytes(), 400, "body_too_deep"),
        ("too large", json, large.into_bytes(), 413, "body_too_large"),
        (
            "no type",
            "",
            good.clone().into_bytes(),
            415,
            "unsupported_media_type",
        ),
        (
            "a form",
            "application/x-www-form-urlencoded",
            b"a=1".to_vec(),
            415,
            "unsupported_media_type",
        ),
        (
            "text",
            "text/plain",
            good.clone().into_bytes(),
            415,
            "unsupported_media_type",
        ),
        (
            "another charset",
            "application/json; charset=utf-16",
            good.into_bytes(),
            415,
            "unsupported_media_type",
        ),
    ];
    for (name, content_type, body, status, code) in cases {
        for (place, ask) in places(&gateway) {
            let answer = ask.bytes(content_type, body.clone()).send().await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (status, code),
                "{name} at {place}\n{answer}"
            );
            assert!(
                answer.text("/detail").len() > 20,
                "{name} at {place}: no remedy\n{answer}"
            );
            untouched(&gateway, &as_before, name).await;
        }
        gateway.world.advance(time::Duration::minutes(1)).await;
    }
    for (place, ask) in places(&gateway) {
        // Cancel and approve may have no body at all.
        if !["cancel", "approve"].contains(&place) {
            let answer = ask.bytes("application/json", "").send().await;
            let _ = answer.problem(400, "body_not_json");
        }
    }
    // Nor is a key bound by any of this.
    let _ = gateway.north().capture(REFERENCE, 100, "k").send().await.is(200);
}

/// A good body with one value exchanged; `null` at the end of a path takes the member away.
fn with(mut body: Value, path: &str, value: Value) -> Value {
    let (parent, member) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer = if parent.is_empty() {
        String::new()
    } else {
        format!("/{}", parent.replace('.', "/"))
    };
    body.pointer_mut(&pointer).unwrap()[member] = value;
    body
}

async fn values_that_break_a_rule_are_named(kind: Kind) {
    let gateway = with_payment(kind).await;
    let as_before = before(&gateway).await;
    let creates = [
        ("amount.value", json!(499.5), "integer"),
        ("amount.value", json!("49900"), "type"),
        ("amount.value", json!(99), "range"),
        ("amount.value", json!(-100), "range"),
        ("amount.value", json!(65_000_001), "range"),
        ("amount.value", json!(1e30), "integer"),
        ("amount.value", json!(true), "type"),
        ("amount.value", json!(null), "required"),
        ("amount", json!(null), "required"),
        ("amount", json!(49_900), "type"),
        ("amount.currency", json!("nok"), "format"),
        ("amount.currency", json!(578), "type"),
        ("reference", json!("short"), "format"),
        ("reference", json!("x".repeat(65)), "format"),
        ("reference", json!("under_score_1"), "format"),
        ("reference", json!("ordre-blåbær"), "format"),
        ("reference", json!("../../etc/passwd"), "format"),
        ("reference", json!("new\nline-12"), "format"),
        ("reference", json!(12_345_678), "type"),
        ("reference", json!(null), "required"),
        ("userFlow", json!(null), "required"),
        ("paymentMethod", json!("WALLET"), "type"),
        ("paymentMethod", json!([]), "type"),
        ("returnUrl", json!("http://shop.example"), "format"),
        ("returnUrl", json!("javascript:alert(1)"), "format"),
        ("returnUrl", json!(null), "required"),
        ("paymentDescription", json!("ab"), "length"),
    ];
    for (field, value, rule) in creates {
        let body = with(desk::web("bad-create-1", 49_900), field, value.clone());
        let answer = gateway
            .north()
            .post("/payments")
            .key("k")
            .json(&body)
            .send()
            .await;
        let _ = answer.problem(400, "invalid_request").names(field, rule);
        untouched(&gateway, &as_before, &format!("{field} = {value}")).await;
    }
    for what in ["capture", "refund"] {
        for (field, value, rule) in [
            ("modificationAmount.value", json!(0), "range"),
            ("modificationAmount.value", json!(-1), "range"),
            ("modificationAmount.value", json!(1.5), "integer"),
            ("modificationAmount.value", json!("100"), "type"),
            ("modificationAmount.value", json!([100]), "type"),
            ("modificationAmount", json!(null), "required"),
            ("modificationAmount", json!(100), "type"),
        ] {
            let body = with(desk::modification(100), field, value.clone());
            let path = format!("/payments/{REFERENCE}/{what}");
            let answer = gateway.north().post(&path).key("k").json(&body).send().await;
            let _ = answer.problem(400, "invalid_request").names(field, rule);
        }
        gateway.world.advance(time::Duration::minutes(1)).await;
    }
    // A doubled member is one too many, wherever it stands and whichever would win.
    for body in [
        r#"{"modificationAmount":{"currency":"NOK","value":100,"value":9000}}"#,
        r#"{"modificationAmount":{"currency":"NOK","value":9000,"value":100}}"#,
        r#"{"modificationAmount":{"currency":"NOK","value":100,"\u0076alue":9000}}"#,
    ] {
        let path = format!("/payments/{REFERENCE}/capture");
        let ask = gateway
            .north()
            .post(&path)
            .key("k")
            .bytes("application/json", body);
        let answer = ask.send().await.problem(400, "invalid_request");
        let _ = answer.names("modificationAmount.value", "duplicate");
    }
    // All faults at once, so that nobody has to come back for each.
    let body = json!({"amount": {"currency": "nok", "value": 1.5}, "reference": "x"});
    let answer = gateway.north().post("/payments").json(&body).send().await;
    let fields: Vec<_> = answer.violations().into_iter().map(|it| it.0).collect();
    for field in [
        "header Idempotency-Key",
        "amount.value",
        "amount.currency",
        "reference",
        "userFlow",
    ] {
        assert!(fields.contains(&field.to_owned()), "{field}\n{answer}");
    }
    untouched(&gateway, &as_before, "all of it").await;
}

async fn what_may_be_anything_is_forwarded_as_it_came(kind: Kind) {
    let gateway = with_payment(kind).await;
    let desk = gateway.north();
    // Currencies are an open list: Vipps decides, with its own words.
    let body = with(
        desk::web("unknown-currency-1", 49_900),
        "amount.currency",
        json!("ISK"),
    );
    let answer = desk.post("/payments").key("isk").json(&body).send().await;
    let seen = desk.seen("epayment.create", "unknown-currency-1");
    assert_eq!(seen.len(), 1, "{answer}");
    assert_eq!(seen[0].body, body.to_string().as_bytes());
    assert!(
        answer.status >= 400 && answer.at("/vipps/status").is_number(),
        "{answer}"
    );
    // Bytes are bytes: order, spaces, escapes, numbers and members that nobody knows.
    let raw = "{\"userFlow\":\"WEB_REDIRECT\" ,\n\t\"reference\":\"byte-for-byte-1\",\"returnUrl\":\"https:\\/\\/shop.example\\/\",\
               \"amount\":{\"value\":12300 ,\"currency\":\"NOK\"},\"paymentMethod\":{\"type\":\"WALLET\"},\
               \"paymentDescription\":\"Bl\\u00e5b\u{e6}r\"}";
    let _ = desk
        .post("/payments")
        .key("raw")
        .bytes("application/json", raw)
        .send()
        .await
        .is(201);
    assert_eq!(
        desk.seen("epayment.create", "byte-for-byte-1")[0].body,
        raw.as_bytes()
    );
    // Vipps' path, key and headers are ours: nothing of the caller's headers goes along.
    let _ = desk
        .create("headers-0001", 1_000, "the-caller-s-own-key")
        .header("x-forwarded-for", "203.0.113.7")
        .header("cookie", "session=secret")
        .header("vipps-system-name", "Mallory")
        .header("ocp-apim-subscription-key", "mine")
        .send()
        .await
        .is(201);
    let seen = &desk.seen("epayment.create", "headers-0001")[0];
    let all = format!("{:?}", seen.headers);
    for theirs in [
        "203.0.113.7",
        "session=secret",
        "Mallory",
        "the-caller-s-own-key",
        "\"mine\"",
        &desk.token,
    ] {
        assert!(!all.contains(theirs), "{theirs}: {all}");
    }
}

async fn headers_that_are_wrong_are_named(kind: Kind) {
    let gateway = with_payment(kind).await;
    let as_before = before(&gateway).await;
    let capture = || {
        let path = format!("/payments/{REFERENCE}/capture");
        gateway.north().post(&path).json(&desk::modification(100))
    };
    let invalid = |answer: Answer| answer.problem(400, "invalid_request");
    let key = "header Idempotency-Key";
    let _ = invalid(capture().send().await).names(key, "required");
    let _ = invalid(capture().key("a").key("a").send().await).names(key, "duplicate");
    for bad in ["", &"x".repeat(256), "blåbær", "tab\there"] {
        let answer = capture().header("idempotency-key", bad).send().await;
        let _ = invalid(answer).names(key, "format");
    }
    let msn = "header Merchant-Serial-Number";
    for other in ["100002", "200001", "0100001", "", "100001, 100001"] {
        let answer = capture()
            .key("k")
            .header("merchant-serial-number", other)
            .send()
            .await;
        let _ = invalid(answer).names(msn, "differs");
        let read = gateway.north().payment(REFERENCE);
        let answer = read.header("merchant-serial-number", other).send().await;
        let _ = invalid(answer).names(msn, "differs");
    }
    for bad in ["wait=soon", "wait=-1", "wait=1.5", "wait="] {
        let answer = capture().key("k").header("prefer", bad).send().await;
        let _ = invalid(answer).names("header Prefer", "format");
    }
    untouched(&gateway, &as_before, "headers").await;
    let _ = capture()
        .key("k")
        .header("merchant-serial-number", "100001")
        .send()
        .await
        .is(200);
}

async fn a_search_that_is_wrong_is_told_what_is_wrong(kind: Kind) {
    let gateway = with_payment(kind).await;
    for (query, field, rule) in [
        ("state=CAPTURED", "query state", "format"),
        ("createdFrom=yesterday", "query createdFrom", "format"),
        ("limit=0", "query limit", "range"),
        ("limit=201", "query limit", "range"),
        ("limit=ten", "query limit", "range"),
        ("referencePrefix=%25", "query referencePrefix", "format"),
        (
            "referencePrefix=%27%20OR%201=1--",
            "query referencePrefix",
            "format",
        ),
        ("colour=red", "query colour", "unknown"),
        ("limit=1&limit=2", "query limit", "duplicate"),
    ] {
        let answer = gateway.north().get(&format!("/payments?{query}")).send().await;
        let _ = answer.problem(400, "invalid_request").names(field, rule);
    }
    for cursor in ["x", "", "0190a1b2", "%00"] {
        let answer = gateway
            .north()
            .get(&format!("/payments?cursor={cursor}"))
            .send()
            .await;
        let _ = answer.problem(400, "invalid_cursor");
    }
    // A cursor of nobody's payment is a place in the order, and shows nothing of anybody.
    let answer = gateway
        .north()
        .get("/payments?cursor=0190a1b2c3d47e5f8091a2b3c4d5e6f7")
        .send()
        .await;
    assert!(matches!(answer.status, 200 | 400), "{answer}");
}

async fn names_in_the_path_that_cannot_exist_do_not(kind: Kind) {
    let gateway = with_payment(kind).await;
    for msn in [
        "abc",
        "1",
        "12345678901",
        "100001%20",
        "..",
        "%2e%2e",
        "100001%2F..",
        "%00",
    ] {
        let path = format!("/v1/sales-units/{msn}/payments/{REFERENCE}");
        let answer = gateway.north().ask(Method::GET, &path).send().await;
        assert_eq!(answer.status, 404, "{msn}\n{answer}");
    }
    for reference in [
        "short",
        "under_score_1",
        "bad-input-1%00",
        "bad-input-1%2Fevents",
        "%2e%2e%2f%2e%2e%2fx",
    ] {
        let answer = gateway.north().payment(reference).send().await;
        let _ = answer
            .problem(400, "invalid_request")
            .names("path reference", "format");
    }
}

async fn a_body_that_breaks_off_is_not_acted_on(kind: Kind) {
    let gateway = with_payment(kind).await;
    let as_before = before(&gateway).await;
    let listener = testkit::Listener::open(&gateway).await;
    let body = desk::modification(100).to_string();
    for length in [body.len() + 1, body.len() + 1_000] {
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer {}\r\nidempotency-key: k\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            gateway.north().path(&format!("/payments/{REFERENCE}/capture")),
            gateway.north().token,
        );
        let left = listener.hung_up();
        let mut stream = listener.send(&request).await;
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.is_empty() && listener.hung_up() >= left || answer.contains("body_incomplete"),
            "{answer}"
        );
    }
    untouched(&gateway, &as_before, "a body that broke off").await;
}

async fn methods_and_paths_that_are_not_there_are_not_there(kind: Kind) {
    let gateway = with_payment(kind).await;
    let desk = gateway.north();
    for (method, path) in [
        (Method::DELETE, desk.path(&format!("/payments/{REFERENCE}"))),
        (Method::PUT, desk.path("/payments")),
        (Method::GET, desk.path(&format!("/payments/{REFERENCE}/capture"))),
        (Method::POST, "/v1/sales-units".to_owned()),
    ] {
        let answer = desk.ask(method, &path).send().await;
        let answer = answer.problem(405, "method_not_allowed");
        assert!(answer.header("allow").is_some(), "{answer}");
    }
    for path in [
        "/v1/nothing",
        "/v2/sales-units",
        "/",
        "/admin/v1/partners",
        "/metrics",
        "/livez",
    ] {
        let answer = desk.ask(Method::GET, path).send().await;
        let _ = answer.problem(404, "route_not_found");
    }
}
