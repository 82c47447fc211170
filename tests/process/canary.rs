//! Secrets and people, looked for in what the real process emits: its log at trace level, its exported traces as
//! they arrive, its numbers, and what every command prints, refusals included.

use std::path::Path;

use http::Method;
use serde_json::{Value, json};
use simulator::{Fault, Rule};
use testkit::canaries::{CLIENT_SECRET, DESCRIPTION, LINE, METADATA, PHONE, RETURN};
use testkit::desk::{receipt, web};
use testkit::{Canaries, Kind};

use crate::binary::{Running, run};
use crate::caller::{Caller, Letter};
use crate::collector::Collector;
use crate::place::Place;
use crate::serve::get;

const MSN: &str = "100001";
const PASSWORD: &str = "canary-password-of-the-database";
/// What somebody typed where a secret never stands.
const TYPED: &str = "canary-typed-on-the-command-line";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_and_no_person_is_in_what_the_process_writes_exports_and_prints() {
    let place = Place::of(Kind::Sqlite).await;
    let directory = tempfile::tempdir().unwrap();
    let mut canaries = planted(&place);
    let mut findings = Vec::new();

    let commands = commands(&place, directory.path());
    findings.extend(
        commands
            .iter()
            .flat_map(|(name, said)| canaries.found(name, said)),
    );

    let authority = directory.path().join("authority.pem");
    let collector = Collector::open(&authority).await;
    let authority = authority.display().to_string();
    let mut process = Running::start(
        &["serve"],
        &place.variables(&[
            ("NORDBRO__TELEMETRY__LOG", "trace"),
            ("NORDBRO__TELEMETRY__OTLP_URL", &collector.url),
            ("SSL_CERT_FILE", &authority),
        ]),
    );
    let line = process.logged("serving");
    let address = |name: &str| line[name].as_str().unwrap().to_owned();
    let (public, private) = (address("public"), address("private"));
    let log = process.keep();
    let token = place.token();
    for part in token.split('.').skip(1) {
        canaries.plant("a partner's token", part);
    }
    live(&place, &Caller::new(&public, &token), &mut canaries).await;
    let numbers = tokio::task::spawn_blocking(move || get(&private, "/metrics"));
    let numbers = numbers.await.unwrap();
    let (code, stdout, _) = process.terminate();
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
    for seen in place.simulator.test().requests() {
        if let Some(token) = seen
            .header("authorization")
            .and_then(|it| it.strip_prefix("Bearer "))
        {
            canaries.plant("an access token of Vipps", token);
        }
    }
    for (name, said, told) in [
        ("the log", log.join().unwrap(), "no trustworthy answer"),
        ("the exported traces", collector.bytes(), "service.name"),
        ("the numbers", numbers.into_bytes(), "nordbro_http_requests_total"),
    ] {
        // It does say something: what should be told is told.
        assert!(
            String::from_utf8_lossy(&said).contains(told),
            "{told} is not in {name}"
        );
        findings.extend(canaries.found(name, &said));
    }
    assert!(
        String::from_utf8_lossy(&collector.bytes()).contains("capture"),
        "no trace of a capture was exported"
    );
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

fn planted(place: &Place) -> Canaries {
    let mut canaries = Canaries::default();
    for known in place.simulator.test().units() {
        canaries.plant("a client secret", &known.keys.client_secret);
        canaries.plant("a subscription key", &known.keys.primary_subscription_key);
        canaries.plant(
            "a second subscription key",
            &known.keys.secondary_subscription_key,
        );
    }
    canaries.plant("the sealing key", place.sealing_key().trim());
    canaries.plant("our own client's secret", CLIENT_SECRET);
    canaries.plant("the database's password", PASSWORD);
    canaries.plant("what was typed", TYPED);
    canaries.plant("a phone number", PHONE);
    canaries.plant("a description", DESCRIPTION);
    canaries.plant("a receipt's line", LINE);
    canaries.plant("metadata", METADATA);
    canaries.plant("a return address", "canary-of-the-return");
    canaries
}

/// Keys of the operator's own, with a client secret from `secret`.
fn keys_add(secret: &'static str) -> [&'static str; 12] {
    [
        "keys",
        "add",
        "--platform",
        "--environment",
        "test",
        "--client-id",
        "nobody",
        "--client-secret",
        secret,
        "--subscription-key",
        "env:WRONG",
        "--json",
    ]
}

/// All that the commands print, good and bad, each with its command line.
fn commands(place: &Place, directory: &Path) -> Vec<(String, Vec<u8>)> {
    let [database, across, owner] = ["nordbro", "across", "owner"]
        .map(|user| format!("postgres://{user}:{PASSWORD}@127.0.0.1:1/nordbro"));
    let page = directory.join("nordbro.toml");
    std::fs::write(
        &page,
        format!("[database]\nurl = \"{database}\"\nurl = \"{database}\"\n"),
    )
    .unwrap();
    let page = page.display().to_string();
    let elsewhere = [
        ("NORDBRO__DATABASE__URL", database.as_str()),
        ("NORDBRO__DATABASE__SYSTEM_URL", across.as_str()),
        ("NORDBRO__DATABASE__MIGRATE_URL", owner.as_str()),
    ];
    let (own, elsewhere) = (&[][..], &elsewhere[..]);
    let secrets = &[("CANARY", CLIENT_SECRET), ("WRONG", TYPED)][..];
    let id = |noun: &str| {
        let listed = run(&[noun, "list", "--json"], &place.variables(&[]));
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        listed["data"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{listed}"))
            .to_owned()
    };
    let add = [
        "client",
        "add",
        "--partner",
        "north",
        "--environment",
        "test",
        "--name",
    ];
    let client = [
        &add[..],
        &["till", "--scopes", "all", "--secret", "env:CANARY", "--json"],
    ]
    .concat();
    let mut said = Vec::new();
    let mut tell = |arguments: &[&str], variables: &[(&str, &str)], succeeds: bool| {
        let output = run(arguments, &place.variables(variables));
        let name = format!("`nordbro {}`", arguments.join(" ").replace(TYPED, "…"));
        assert_eq!(output.status.success(), succeeds, "{name}: {output:?}");
        said.push((name, [output.stdout, output.stderr].concat()));
    };
    tell(&client, secrets, true);
    let keys = id("keys");
    for noun in [
        "partner",
        "merchant",
        "profile",
        "sales-unit",
        "keys",
        "issuer",
        "client",
    ] {
        tell(&[noun, "list"], own, true);
        tell(&[noun, "list", "--json"], own, true);
        let one = id(noun);
        tell(&[noun, "show", &one], own, true);
        tell(&[noun, "show", &one, "--json"], own, true);
    }
    for settings in [own, elsewhere] {
        tell(&["check-config"], settings, true);
    }
    tell(&["doctor"], own, true);
    tell(&["doctor", "--json"], own, true);
    tell(&["doctor", "--json"], elsewhere, false);
    for refused in [&["serve"][..], &["migrate"], &["partner", "list"]] {
        tell(refused, elsewhere, false);
    }
    // Twice the same member, and the line that has it is not repeated.
    tell(&["check-config", "--config", &page], own, false);
    tell(&keys_add("env:WRONG"), secrets, false);
    tell(&keys_add(TYPED), secrets, false);
    tell(&keys_add("env:NOTHING"), secrets, false);
    tell(
        &[&add[..], &["two", "--scopes", "all", "--secret", TYPED]].concat(),
        own,
        false,
    );
    tell(
        &[&add[..], &["till", "--scopes", "all", "--secret", "env:CANARY"]].concat(),
        secrets,
        false,
    );
    tell(&["keys", "prove", &keys], own, false);
    said
}

/// A day with a payment, and with trouble.
async fn live(place: &Place, caller: &Caller, canaries: &mut Canaries) {
    let simulator = place.simulator.test();
    let reference = "canary-0001";
    let mut body = web(reference, 10_000);
    body["customer"] = json!({"phoneNumber": PHONE});
    body["paymentDescription"] = DESCRIPTION.into();
    body["metadata"] = json!({"who": METADATA});
    body["returnUrl"] = RETURN.into();
    body["profile"] = json!({"scope": "name email phoneNumber address birthDate"});
    let ask = async |path: &str, key: &str, body: Value| {
        let letter = Letter::post(MSN, path, key, Some(body));
        caller.ask(&letter, 10).await.unwrap()
    };
    let created = ask("/payments", "c", body.clone()).await.is(201);
    let token = created.text("/redirectUrl");
    canaries.plant("the landing page's token", token.split_once("token=").unwrap().1);
    let at = |what: &str| format!("/payments/{reference}/{what}");
    let customer = json!({"customer": {"phoneNumber": PHONE}});
    let approve = Letter {
        key: None,
        ..Letter::post(MSN, &at("approve"), "", Some(customer))
    };
    let _ = caller.ask(&approve, 10).await.unwrap().is(200);
    simulator.add_fault(Rule::new("lost", Fault::AnswerLost).on("epayment.capture").once());
    let part = |value: i64| json!({"modificationAmount": {"currency": "NOK", "value": value}});
    let _ = ask(&at("capture"), "k1", part(4_000)).await.is(200);
    let _ = ask(&at("capture"), "k2", part(99_000)).await.is(409);
    let _ = ask(&at("capture"), "k1", part(1_000)).await.is(422);
    let mut wrong = body.clone();
    wrong["customer"] = json!({"phoneNumber": format!("+{PHONE}")});
    wrong["metadata"] = json!({"who": [METADATA]});
    let _ = ask("/payments", "w", wrong).await.is(400);
    let mut line = receipt(10_000);
    line["orderLines"][0]["name"] = LINE.into();
    let put = Letter {
        method: Method::PUT,
        key: None,
        ..Letter::post(MSN, &at("receipt"), "", Some(line))
    };
    let _ = caller.ask(&put, 10).await.unwrap().is(202);
    // Vipps says back what it was told.
    let echo = Fault::Answer {
        status: 500,
        content_type: Some("text/html".to_owned()),
        headers: Vec::new(),
        body: format!("<html>{PHONE} {DESCRIPTION}</html>"),
        after_effect: true,
    };
    simulator.add_fault(Rule::new("echo", echo).on("epayment.get").once());
    let _ = caller.get(MSN, &format!("/payments/{reference}")).await.is(503);
    let list = caller
        .get(MSN, "/payments?referencePrefix=canary-0001")
        .await
        .is(200);
    let people = list.at("/data/0/vipps/userDetails");
    for name in ["firstName", "lastName", "email", "mobileNumber"] {
        if let Some(value) = people[name].as_str().filter(|value| value.len() >= 4) {
            canaries.plant(name, value);
        }
    }
    assert!(people["email"].is_string(), "nobody is in the answer\n{list}");
    let nobody = Caller::new(caller.address(), &format!("{}x", place.token()));
    let _ = nobody.get(MSN, "/payments").await.is(401);
}
