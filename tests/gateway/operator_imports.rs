//! Many sales units over HTTP: the same file, the same report and the same resumption as on the command line.

use http::Method;
use serde_json::{Value, json};
use simulator::{Fault, Rule};
use testkit::listener::until;
use testkit::{Answer, Gateway, Kind, on_both_databases};
use time::Duration;

use crate::importing::{HEAD, counts, keys, row};
use crate::operators::get;

on_both_databases!(
    a_file_is_rehearsed_imported_and_imported_again,
    json_is_imported_as_csv_is_and_resumed_by_sending_it_again,
    a_file_that_cannot_be_taken_is_refused_with_a_way_out,
    no_key_of_a_file_ever_comes_back,
    the_operator_answers_for_claims_with_a_reason,
    files_are_imported_by_owners_alone,
    a_slow_vipps_holds_an_import_for_a_minute_and_a_half_at_most,
);

fn at(gateway: &Gateway, query: &str) -> String {
    format!("/admin/v1/partners/{}/imports?{query}", gateway.world.north.id)
}

async fn sent(gateway: &Gateway, query: &str, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    let ask = gateway.operate("owner", Method::POST, &at(gateway, query));
    ask.bytes(kind, body).send().await
}

fn csv(rows: &[String]) -> String {
    format!("{HEAD}\n{}\n", rows.join("\n"))
}

/// Line, outcome and state of each row.
fn outcomes(report: &Answer) -> Vec<(u64, String, Value)> {
    let data = report.at("/data");
    let rows = data.as_array().unwrap().iter();
    rows.map(|it| {
        let outcome = it["outcome"].as_str().unwrap().to_owned();
        (it["line"].as_u64().unwrap(), outcome, it["state"].clone())
    })
    .collect()
}

fn row_of(line: u64, outcome: &str, state: Value) -> (u64, String, Value) {
    (line, outcome.to_owned(), state)
}

async fn a_file_is_rehearsed_imported_and_imported_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let file = csv(&[
        row("11223344", "100003", "own", Some(&keys(&gateway, "100003"))),
        row("11223344", "700001", "own", None),
        row("22334455", "12", "own", None),
        // Keys of another unit.
        row("33445566", "100004", "own", Some(&keys(&gateway, "100003"))),
    ]);
    let (before, asked) = (
        counts(&gateway).await,
        gateway.world.simulator.test().requests().len(),
    );
    let rehearsed = sent(&gateway, "environment=test&dryRun=true", "text/csv", file.clone()).await;
    let rehearsed = rehearsed.is(200);
    assert_eq!(
        outcomes(&rehearsed),
        [
            row_of(2, "would_change", Value::Null),
            row_of(3, "would_change", Value::Null),
            row_of(4, "invalid", Value::Null),
            row_of(5, "would_change", Value::Null),
        ]
    );
    assert_eq!(rehearsed.at("/dryRun"), true);
    assert_eq!(counts(&gateway).await, before);
    assert_eq!(gateway.world.simulator.test().requests().len(), asked);

    let imported = sent(
        &gateway,
        "environment=test",
        "text/csv; charset=utf-8",
        file.clone(),
    )
    .await;
    let imported = imported.is(200);
    assert_eq!(
        outcomes(&imported),
        [
            row_of(2, "created", json!("live")),
            row_of(3, "created", json!("draft")),
            row_of(4, "invalid", Value::Null),
            row_of(5, "refused", json!("draft")),
        ]
    );
    assert_eq!(
        imported.at("/summary"),
        json!({"created": 2, "changed": 0, "unchanged": 0, "wouldChange": 0, "invalid": 1, "refused": 1,
            "unreachable": 0})
    );
    assert!(imported.text("/data/2/message").starts_with("msn "), "{imported}");
    let desk = gateway.desk(&gateway.north_token(), "100003");
    let _ = desk.get("").send().await.is(200);
    let added = get(&gateway, "/audit?action=sales_unit.add&limit=200")
        .await
        .at("/data");
    let by_operator = added.as_array().unwrap().iter().filter(|act| {
        act["executor"] == "operator-api" && act["actor"] == "kari (https://id.operator.example)"
    });
    assert_eq!(by_operator.count(), 3, "{added}");

    gateway.world.advance(Duration::minutes(5)).await;
    let after = counts(&gateway).await;
    let again = sent(&gateway, "environment=test", "text/csv", file).await.is(200);
    assert_eq!(again.at("/data/0/outcome"), "unchanged", "{again}");
    assert_eq!(counts(&gateway).await, after, "a row was imported twice");
}

async fn json_is_imported_as_csv_is_and_resumed_by_sending_it_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let of = keys(&gateway, "100003");
    let rows = json!([
        {"merchantName": "Havnens Cykler", "organisationNumber": "11223344", "country": "DK", "msn": "100003",
            "name": "Havnegade 1", "clientId": of.client_id, "clientSecret": of.client_secret,
            "subscriptionKey": of.primary_subscription_key},
        {"merchantName": "Havnens Cykler", "organisationNumber": "11223344", "country": "DK", "msn": "700001",
            "name": "Havnegade 2", "market": null},
        {"msn": "700002", "colour": "red"},
    ]);
    let out = Rule::new("out", Fault::ResetBeforeEffect);
    gateway.world.simulator.test().add_fault(out);
    let broken = sent(&gateway, "environment=test", "application/json", rows.to_string()).await;
    let broken = broken.is(200);
    assert_eq!(
        outcomes(&broken),
        [
            row_of(1, "unreachable", json!("draft")),
            row_of(2, "created", json!("draft")),
            row_of(3, "invalid", Value::Null),
        ]
    );
    gateway.world.simulator.test().clear_faults();
    gateway.world.advance(Duration::minutes(5)).await;
    let lines = rows.as_array().unwrap().iter();
    let lines: Vec<_> = lines.map(ToString::to_string).collect();
    let resumed = sent(
        &gateway,
        "environment=test",
        "application/x-ndjson",
        lines.join("\n"),
    )
    .await;
    let resumed = resumed.is(200);
    assert_eq!(
        outcomes(&resumed)[..2],
        [
            row_of(1, "changed", json!("live")),
            row_of(2, "changed", json!("draft")),
        ]
    );
}

async fn a_file_that_cannot_be_taken_is_refused_with_a_way_out(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let before = counts(&gateway).await;
    let few: Vec<_> = (0..100)
        .map(|nth| row("11223344", &format!("7{nth:05}"), "own", None))
        .collect();
    let test = "environment=test";
    let most = sent(&gateway, "environment=test&dryRun=true", "text/csv", csv(&few)).await;
    assert_eq!(most.is(200).at("/summary/wouldChange"), 100);
    let many = [few, vec![row("11223344", "799999", "own", None)]].concat();
    let many = sent(&gateway, test, "text/csv", csv(&many)).await;
    let many = many.problem(400, "invalid_request").names("body", "length");
    let said = many.text("/violations/0/message");
    assert!(
        said.contains("at most 100") && said.contains("nordbro import"),
        "{said}"
    );
    let large = sent(&gateway, test, "text/csv", "x".repeat(10_000_000)).await;
    let large = large.problem(413, "body_too_large");
    assert!(large.text("/detail").contains("nordbro import"), "{large}");
    for (kind, body, rule) in [
        ("text/csv", "", "required"),
        ("text/csv", HEAD, "required"),
        ("application/json", "[]", "required"),
        ("text/csv", "colour\nred\n", "format"),
        ("application/json", "[{]", "format"),
    ] {
        let wrong = sent(&gateway, test, kind, body).await;
        let _ = wrong.problem(400, "invalid_request").names("body", rule);
    }
    let wrong = sent(&gateway, test, "text/csv", vec![b'm', 0xff]).await;
    let _ = wrong.problem(400, "invalid_request").names("body", "format");
    for kind in ["", "text/plain", "application/json; charset=latin1"] {
        let wrong = sent(&gateway, test, kind, "[]").await;
        let wrong = wrong.problem(415, "unsupported_media_type");
        assert!(wrong.text("/detail").contains("text/csv"), "{wrong}");
    }
    let wrong = sent(&gateway, "dryRun=yes&colour=red", "application/json", "[]").await;
    let _ = wrong
        .problem(400, "invalid_request")
        .names("query environment", "required")
        .names("query dryRun", "format")
        .names("query colour", "unknown");
    let wrong = sent(&gateway, "environment=both", "application/json", "[]").await;
    let _ = wrong
        .problem(400, "invalid_request")
        .names("query environment", "format");
    assert_eq!(counts(&gateway).await, before);
}

async fn no_key_of_a_file_ever_comes_back(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let good = keys(&gateway, "100003");
    let secrets = [
        "c4nary".to_owned(),
        good.client_id.clone(),
        good.client_secret.clone(),
        good.primary_subscription_key.clone(),
    ];
    let taken = csv(&[
        row("11223344", "100003", "own", Some(&good)),
        // Refused, in the place of something else, and beside a comma too many.
        "M,22334455,DK,100004,U,own,c4nary-id,c4nary-secret,c4nary-key".to_owned(),
        "c4nary-1,c4nary-2,c4nary-3,c4nary-4,c4nary-5,c4nary-6,,,".to_owned(),
        "M,33445566,DK,c4nary-7,U,own,i,s,k,k".to_owned(),
        "M,33445566,DK,100005,U,own,c4nary-id,,".to_owned(),
    ]);
    let torn = "{\"clientSecret\": \"c4nary-8\"\n";
    let head = "msn,c4nary-9\n1,2\n";
    let mut answers = Vec::new();
    for query in ["environment=test&dryRun=true", "environment=test"] {
        let report = sent(&gateway, query, "text/csv", taken.clone()).await;
        let report = report.is(200);
        assert_eq!(report.at("/data").as_array().unwrap().len(), 5, "{report}");
        answers.extend([
            report,
            sent(&gateway, query, "application/json", torn).await,
            sent(&gateway, query, "text/csv", head).await,
            sent(&gateway, query, "text/plain", taken.clone()).await,
        ]);
    }
    answers.push(get(&gateway, "/audit?limit=200").await);
    answers.push(get(&gateway, "/key-sets?limit=200").await);
    for answer in answers {
        let told = String::from_utf8_lossy(&answer.bytes).into_owned();
        for secret in &secrets {
            assert!(!told.contains(secret.as_str()), "{secret}: {answer}");
        }
    }
}

async fn the_operator_answers_for_claims_with_a_reason(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let file = csv(&[row("11223344", "100003", "own", None)]);
    let alone = sent(&gateway, "environment=test&vouch=true", "text/csv", file.clone()).await;
    let _ = alone
        .problem(400, "invalid_request")
        .names("header Audit-Reason", "required");
    let vouched = gateway
        .operate(
            "owner",
            Method::POST,
            &at(&gateway, "environment=test&vouch=true"),
        )
        .header("audit-reason", "the list of 2026-11-20")
        .bytes("text/csv", file);
    let vouched = vouched.send().await.is(200);
    assert_eq!(outcomes(&vouched), [row_of(2, "created", json!("verified"))]);
    let acts = get(&gateway, "/audit?limit=200").await;
    let of_claim = acts
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .any(|act| act["reason"] == "the list of 2026-11-20" && act["executor"] == "operator-api");
    assert!(of_claim, "{acts}");
}

async fn files_are_imported_by_owners_alone(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let before = counts(&gateway).await;
    let file = csv(&[row("11223344", "100003", "own", Some(&keys(&gateway, "100003")))]);
    for query in ["environment=test", "environment=test&dryRun=true"] {
        let path = at(&gateway, query);
        for role in ["auditor", "support"] {
            let ask = gateway.operate(role, Method::POST, &path);
            let refused = ask.bytes("text/csv", file.clone()).send().await;
            let _ = refused.problem(403, "role_missing");
        }
        let partner = gateway.north_token().claim("nordbro_role", "owner").signed();
        let ask = gateway.ask_privately(Method::POST, &path).bearer(&partner);
        let refused = ask.bytes("text/csv", file.clone()).send().await;
        let _ = refused.problem(401, "unauthenticated");
        let nobody = "/admin/v1/partners/prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7/imports?environment=test";
        let ask = gateway.operate("owner", Method::POST, nobody);
        let lost = ask.bytes("text/csv", file.clone()).send().await;
        let _ = lost.problem(404, "partner_not_found");
    }
    assert_eq!(counts(&gateway).await, before);
}

async fn a_slow_vipps_holds_an_import_for_a_minute_and_a_half_at_most(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let simulator = gateway.world.simulator.test();
    let slow = Fault::Latency { millis: 20_000 };
    simulator.add_fault(Rule::new("slow", slow).on("token.*"));
    let rows: Vec<_> = (0..100)
        .map(|nth| {
            let mut own = keys(&gateway, "100003");
            own.client_id = format!("client-{nth}");
            row("11223344", &format!("7{nth:05}"), "own", Some(&own))
        })
        .collect();
    let import = sent(&gateway, "environment=test", "text/csv", csv(&rows));
    let asked = || simulator.faults().iter().map(|(_, struck)| *struck).sum::<u32>();
    let time = async {
        for tried in [16, 32, 48] {
            until(|| asked() == tried).await;
            // The gateway's clock first: who is answered looks at it at once.
            gateway.world.clock.advance(Duration::seconds(20));
            let latency = std::time::Duration::from_secs(20);
            gateway.world.simulator.advance(latency).await;
        }
    };
    let (told, ()) = tokio::join!(import, time);
    let told = told.is(200);
    assert_eq!(asked(), 48);
    assert_eq!(told.at("/summary/refused"), 48, "{told}");
    assert_eq!(told.at("/summary/unreachable"), 52, "{told}");
    // What could be done without Vipps stands, and is gone on from.
    assert_eq!(told.at("/data/99/state"), "draft", "{told}");
}
