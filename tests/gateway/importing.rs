//! Many sales units from one file: rehearsed, imported, broken off and resumed.

use std::fmt::Write as _;

use app::import::{Format, Import, Outcome, Report, parse, run};
use app::onboarding::Stage;
use domain::Environment;
use http::Method;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use simulator::{Fault, KeySet, Rule};
use testkit::{Gateway, Kind, on_both_databases};
use time::Duration;

on_both_databases!(
    a_rehearsal_says_what_would_be_done_and_does_nothing,
    every_row_is_reported_and_only_good_keys_are_kept,
    an_import_that_broke_off_is_resumed_by_running_it_again,
    what_vipps_cannot_prove_the_operator_answers_for,
);

pub(crate) const HEAD: &str =
    "merchantName,organisationNumber,country,msn,name,credentialMode,clientId,clientSecret,subscriptionKey";

pub(crate) fn keys(gateway: &Gateway, msn: &str) -> KeySet {
    let units = gateway.world.simulator.test().units();
    units.into_iter().find(|it| it.unit.msn == msn).unwrap().keys
}

pub(crate) fn row(number: &str, msn: &str, mode: &str, keys: Option<&KeySet>) -> String {
    let keys = keys.map_or(",,".to_owned(), |keys| {
        format!(
            "{},{},{}",
            keys.client_id, keys.client_secret, keys.primary_subscription_key
        )
    });
    format!("Merchant {number},{number},DK,{msn},Unit {msn},{mode},{keys}")
}

fn import_for(gateway: &Gateway) -> Import {
    Import {
        by: testkit::operator(),
        partner: gateway.world.north.id,
        environment: Environment::Test,
        is_rehearsal: false,
        vouched: None,
        until: None,
    }
}

async fn imported(gateway: &Gateway, import: &Import, rows: &[String]) -> Vec<Report> {
    let text = format!("{HEAD}\n{}\n", rows.join("\n"));
    let lines = parse(&text, Format::Csv).unwrap();
    let mut reports = Vec::new();
    let mut keep = |report| reports.push(report);
    let work = run(&gateway.world.app, import, lines, &mut keep);
    gateway.world.finish(work).await.unwrap();
    reports
}

fn outcomes(reports: &[Report]) -> Vec<(u64, Outcome, Option<Stage>)> {
    reports.iter().map(|it| (it.line, it.outcome, it.stage)).collect()
}

pub(crate) async fn counts(gateway: &Gateway) -> Vec<i64> {
    let database = Database::connect(&gateway.world.database.url).await.unwrap();
    let backend = database.get_database_backend();
    let mut counts = Vec::new();
    for table in ["merchants", "sales_units", "assignments", "key_sets", "claims"] {
        let sql = format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {table}");
        let row = database
            .query_one_raw(Statement::from_string(backend, sql))
            .await
            .unwrap();
        counts.push(row.unwrap().try_get("", "n").unwrap());
    }
    database.close().await.unwrap();
    counts
}

async fn a_rehearsal_says_what_would_be_done_and_does_nothing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let import = Import {
        is_rehearsal: true,
        ..import_for(&gateway)
    };
    let (before, asked) = (
        counts(&gateway).await,
        gateway.world.simulator.test().requests().len(),
    );
    let rows = [
        row("11223344", "100003", "own", Some(&keys(&gateway, "100003"))),
        row("11223344", "12", "own", None),
        row("22334455", "100004", "partner", None),
        row("33445566", "100003", "own", None),
    ];
    let reports = imported(&gateway, &import, &rows).await;
    assert_eq!(
        outcomes(&reports),
        [
            (2, Outcome::Would, None),
            (3, Outcome::Invalid, None),
            (4, Outcome::Invalid, None),
            (5, Outcome::Invalid, None),
        ]
    );
    assert!(reports[1].message.starts_with("msn "), "{reports:?}");
    assert!(
        reports[2]
            .message
            .contains("partner keys exist for production only"),
        "{reports:?}"
    );
    assert!(reports[3].message.contains("line 2"), "{reports:?}");
    assert_eq!(counts(&gateway).await, before);
    assert_eq!(gateway.world.simulator.test().requests().len(), asked);
}

async fn every_row_is_reported_and_only_good_keys_are_kept(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let import = import_for(&gateway);
    let good = keys(&gateway, "100003");
    let rows = [
        row("11223344", "100003", "own", Some(&good)),
        // The same merchant, a unit without keys.
        row("11223344", "700001", "own", None),
        // Keys of another unit.
        row("22334455", "100004", "own", Some(&good)),
        // North's already, of another merchant than the file says.
        row("33445566", "100001", "own", None),
        // Live with south: proven, and on its way.
        row("44556677", "200001", "own", Some(&keys(&gateway, "200001"))),
    ];
    let before = counts(&gateway).await;
    let reports = imported(&gateway, &import, &rows).await;
    assert_eq!(
        outcomes(&reports),
        [
            (2, Outcome::Created, Some(Stage::Live)),
            (3, Outcome::Created, Some(Stage::Draft)),
            (4, Outcome::Refused, Some(Stage::Draft)),
            (5, Outcome::Invalid, None),
            (6, Outcome::Created, Some(Stage::Transfer)),
        ]
    );
    let text = format!("{reports:?}");
    assert!(!text.contains(&good.client_secret) && !text.contains(&good.primary_subscription_key));
    let after = counts(&gateway).await;
    let grown: Vec<_> = after
        .iter()
        .zip(&before)
        .map(|(after, before)| after - before)
        .collect();
    // Three merchants, and keys of the two that Vipps believed.
    assert_eq!(grown, [3, 3, 4, 2, 2]);
    let desk = gateway.desk(&gateway.north_token(), "100003");
    assert_eq!(desk.get("").send().await.is(200).text("/claim/proof"), "own_keys");
    // Once more: nothing is done twice, and what was refused is tried again.
    gateway.world.advance(Duration::minutes(5)).await;
    let asked = gateway.world.simulator.test().requests().len();
    let again = imported(&gateway, &import, &rows[..2]).await;
    assert_eq!(
        outcomes(&again),
        [
            (2, Outcome::Unchanged, Some(Stage::Live)),
            (3, Outcome::Changed, Some(Stage::Draft)),
        ]
    );
    assert_eq!(gateway.world.simulator.test().requests().len(), asked);
    assert_eq!(counts(&gateway).await, after);
    let right = row("22334455", "100004", "own", Some(&keys(&gateway, "100004")));
    let mended = imported(&gateway, &import, &[right]).await;
    assert_eq!(outcomes(&mended), [(2, Outcome::Changed, Some(Stage::Live))]);
}

async fn an_import_that_broke_off_is_resumed_by_running_it_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let import = import_for(&gateway);
    let mut rows: Vec<_> = (0..240)
        .map(|nth| row(&format!("8{:07}", nth / 4), &format!("8{nth:05}"), "own", None))
        .collect();
    rows[150] = row("87654321", "100003", "own", Some(&keys(&gateway, "100003")));
    // The process dies in the second part, where Vipps is out of reach besides.
    gateway
        .world
        .simulator
        .test()
        .add_fault(Rule::new("out", Fault::ResetBeforeEffect));
    let mut text = String::new();
    for row in &rows {
        writeln!(text, "{row}").unwrap();
    }
    let lines = parse(&format!("{HEAD}\n{text}"), Format::Csv).unwrap();
    let mut seen = 0;
    {
        let (report, reports) = std::sync::mpsc::channel();
        let mut keep = move |it: Report| report.send(it).unwrap();
        let mut work = std::pin::pin!(run(&gateway.world.app, &import, lines, &mut keep));
        // It is dropped where it stands once the first part is reported.
        let dying = std::future::poll_fn(|context| {
            let polled = work.as_mut().poll(context);
            seen += reports.try_iter().count();
            if seen > 0 || polled.is_ready() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        gateway.world.finish(dying).await;
    }
    assert!((100..240).contains(&seen), "{seen}");
    let reports = imported(&gateway, &import, &rows).await;
    assert_eq!(reports.len(), 240);
    let unreachable: Vec<_> = reports
        .iter()
        .filter(|it| it.outcome == Outcome::Unreachable)
        .collect();
    assert_eq!(
        (unreachable.len(), unreachable[0].line),
        (1, 152),
        "{unreachable:?}"
    );
    gateway.world.simulator.test().clear_faults();
    gateway.world.advance(Duration::minutes(5)).await;
    let reports = imported(&gateway, &import, &rows).await;
    assert_eq!(
        (reports[150].outcome, reports[150].stage),
        (Outcome::Changed, Some(Stage::Live))
    );
    let lines: Vec<_> = reports.iter().map(|it| it.line).collect();
    assert_eq!(lines, (2..242).collect::<Vec<_>>());
    assert_eq!(counts(&gateway).await[2], 4 + 240, "a row was imported twice");
}

async fn what_vipps_cannot_prove_the_operator_answers_for(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let add = app::registry::key_sets::Add {
        owner: app::registry::KeySetOwner::Platform,
        environment: Environment::Test,
        client_id: keys(&gateway, "100003").client_id,
        client_secret: domain::Secret::new(keys(&gateway, "100003").client_secret.as_str()),
        subscription_key: domain::Secret::new(keys(&gateway, "100003").primary_subscription_key.as_str()),
        secondary_subscription_key: None,
    };
    let by = testkit::operator();
    let adding = app::registry::key_sets::add(&gateway.world.app, &by, add);
    gateway.world.finish(adding).await.unwrap();
    let rows = [row("11223344", "100003", "platform", None)];
    let reports = imported(&gateway, &import_for(&gateway), &rows).await;
    assert_eq!(outcomes(&reports), [(2, Outcome::Created, Some(Stage::Draft))]);
    let vouched = Import {
        vouched: Some("the list of 2026-11-20".to_owned()),
        ..import_for(&gateway)
    };
    let reports = imported(&gateway, &vouched, &rows).await;
    assert_eq!(outcomes(&reports), [(2, Outcome::Changed, Some(Stage::Live))]);
    let desk = gateway.desk(&gateway.north_token(), "100003");
    assert_eq!(desk.get("").send().await.text("/claim/proof"), "operator");
    let listed = desk.ask(Method::GET, "/v1/merchants").send().await.is(200);
    assert_eq!(
        listed.at("/data").as_array().unwrap().len(),
        2,
        "{}",
        json!(listed.at("/data"))
    );
}
