//! What the gateway promises when many ask at once.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{EventName, Fault, Rule, Seen};
use testkit::listener::until;
use testkit::{Answer, Gateway, Kind, Listener, Setup, desk, on_both_databases};
use time::{Duration, OffsetDateTime};

on_both_databases!(
    two_hundred_identical_captures_are_one,
    two_hundred_captures_of_a_third_are_three,
    never_more_than_five_writes_leave_in_any_minute_of_any_process,
    twenty_callers_hang_up_and_twenty_captures_settle,
    a_read_whose_caller_hung_up_answers_nobody_else,
    the_same_reference_and_key_of_two_partners_never_meet,
    one_key_at_two_units_is_two_keys,
);

/// The simulator's answers to one operation that say this, anywhere in their bodies.
fn answers_with(gateway: &Gateway, word: &str) -> Vec<Seen> {
    let mut seen = gateway.world.simulator.test().requests();
    seen.retain(|it| match &it.outcome {
        simulator::Outcome::Answered { body, .. } => String::from_utf8_lossy(body).contains(word),
        simulator::Outcome::Open | simulator::Outcome::Reset => false,
    });
    seen
}

fn with_status(gateway: &Gateway, status: u16) -> usize {
    let seen = gateway.world.simulator.test().requests();
    seen.iter().filter(|it| it.status() == Some(status)).count()
}

fn captured(truth: &[(EventName, i64)]) -> Vec<i64> {
    let captures = truth.iter().filter(|(name, _)| *name == EventName::Captured);
    captures.map(|(_, amount)| *amount).collect()
}

async fn two_hundred_identical_captures_are_one(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
    let desk = gateway.north();
    let _ = desk.authorized("two-hundred-1", 30_000).await;
    let asks = (0..200).map(|_| desk.capture("two-hundred-1", 10_000, "one-key").now());
    let answers = gateway.world.finish(join_all(asks)).await;
    assert_eq!(desk.seen("epayment.capture", "two-hundred-1").len(), 1);
    assert_eq!(captured(&desk.truth("two-hundred-1")), [10_000]);
    let settled: Vec<&Answer> = answers.iter().filter(|it| it.status == 200).collect();
    assert!(!settled.is_empty(), "{}", answers[0]);
    let ids: BTreeSet<_> = answers.iter().map(|it| it.text("/id")).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    for answer in &answers {
        assert!(matches!(answer.status, 200 | 202), "{answer}");
        if answer.status == 200 {
            assert_eq!(answer.bytes, settled[0].bytes, "{answer}\n{}", settled[0]);
        }
    }
    let again = desk
        .capture("two-hundred-1", 10_000, "one-key")
        .send()
        .await
        .is(200);
    assert!(again.is_replayed(), "{again}");
    assert_eq!(again.bytes, settled[0].bytes, "{again}\n{}", settled[0]);
    assert_eq!(desk.seen("epayment.capture", "two-hundred-1").len(), 1);
}

async fn two_hundred_captures_of_a_third_are_three(kind: Kind) {
    let mut setup = Setup::default().without_limits();
    // Reads as shipped: Vipps' own limit on them is real here too.
    setup.app.reads = domain::budget::READS;
    let gateway = Gateway::set_up(kind, setup).await;
    let desk = gateway.north();
    let _ = desk.authorized("thirds-0001", 30_000).await;
    let keys: Vec<_> = (0..200).map(|nth| format!("third-{nth}")).collect();
    let asks = keys
        .iter()
        .map(|key| desk.capture("thirds-0001", 10_000, key).now());
    let answers = gateway.world.finish(join_all(asks)).await;
    assert_eq!(captured(&desk.truth("thirds-0001")), [10_000; 3]);
    assert!(desk.seen("epayment.capture", "thirds-0001").len() <= 3);
    assert!(answers_with(&gateway, "6090").is_empty());
    assert_eq!(with_status(&gateway, 429), 0);
    let succeeded = answers.iter().filter(|it| it.status == 200).count();
    assert_eq!(succeeded, 3);
    for answer in answers.iter().filter(|it| it.status != 200) {
        let code = answer.code();
        let known = [
            "capture_exceeds_authorized",
            "payment_busy",
            "payment_rate_limited",
        ];
        assert!(known.contains(&code.as_str()), "{answer}");
    }
    assert!(
        answers.iter().any(|it| it.code() == "capture_exceeds_authorized"),
        "nobody was told why"
    );
}

/// The most that fall into any window of a minute.
fn most_in_a_minute(times: &[OffsetDateTime]) -> usize {
    let within = |from: &OffsetDateTime| {
        times
            .iter()
            .filter(|at| *at >= from && **at < *from + Duration::MINUTE)
            .count()
    };
    times.iter().map(within).max().unwrap_or_default()
}

async fn never_more_than_five_writes_leave_in_any_minute_of_any_process(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let replica = gateway.replica().await;
    let desk = gateway.north();
    let _ = desk.authorized("budget-0001", 50_000).await;
    let mut limited = 0;
    let mut succeeded = 0;
    for second in 0..75 {
        let keys: Vec<_> = (0..4).map(|nth| format!("b-{second}-{nth}")).collect();
        let asks = keys.iter().enumerate().map(|(nth, key)| {
            let ask = gateway.north().capture("budget-0001", 100, key);
            let ask = if nth % 2 == 0 { ask } else { ask.through(&replica) };
            ask.now()
        });
        for answer in gateway.world.finish(join_all(asks)).await {
            match (answer.status, answer.code().as_str()) {
                (200, _) => succeeded += 1,
                (429, "payment_rate_limited") => {
                    limited += 1;
                    assert!(answer.header("retry-after").is_some(), "{answer}");
                }
                (409, "payment_busy") => {}
                _ => panic!("{answer}"),
            }
        }
        gateway.world.advance(Duration::seconds(3)).await;
    }
    let seen = desk.seen("epayment.capture", "budget-0001");
    let times: Vec<_> = seen.iter().map(|it| it.at).collect();
    assert!(most_in_a_minute(&times) <= 5, "{times:?}");
    assert!(times.len() >= 12, "the budget is not used: {times:?}");
    assert_eq!(with_status(&gateway, 429), 0);
    assert!(limited > 0 && succeeded == times.len(), "{limited} {succeeded}");
    // Whoever waits as long as it was told is let through.
    let mut answer = gateway.north().capture("budget-0001", 100, "last").send().await;
    if answer.status == 429 {
        let wait = answer.header("retry-after").unwrap().parse().unwrap();
        gateway.world.advance(Duration::seconds(wait)).await;
        answer = gateway.north().capture("budget-0001", 100, "last").send().await;
    }
    let _ = answer.is(200);
}

/// A request as it goes over the wire.
fn wire(desk: &testkit::Desk<'_>, method: &str, below: &str, key: &str, body: &Value) -> String {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    format!(
        "{method} {} HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer {}\r\nidempotency-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        desk.path(below),
        desk.token,
        body.len()
    )
}

async fn twenty_callers_hang_up_and_twenty_captures_settle(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let listener = Listener::open(&gateway).await;
    let references: Vec<_> = (0..20).map(|nth| format!("hang-up-{nth:02}")).collect();
    for reference in &references {
        let _ = gateway.north().authorized(reference, 10_000).await;
    }
    let simulator = gateway.world.simulator.test();
    // Vipps has got the request and thinks.
    simulator.add_fault(Rule::new("slow", Fault::Latency { millis: 5_000 }).on("epayment.capture"));
    let mut callers = Vec::new();
    for reference in &references {
        let below = format!("/payments/{reference}/capture");
        let body = desk::modification(4_000);
        let request = wire(&gateway.north(), "POST", &below, &format!("k-{reference}"), &body);
        callers.push(listener.send(&request).await);
    }
    let called = || {
        let seen = simulator.requests();
        seen.iter()
            .filter(|it| it.operation == Some("epayment.capture"))
            .count()
    };
    until(|| called() == 20).await;
    drop(callers);
    until(|| listener.hung_up() == 20).await;
    gateway.world.advance(Duration::seconds(6)).await;
    until(|| gateway.world.app.tasks().is_empty()).await;
    for reference in &references {
        let desk = gateway.north();
        assert_eq!(captured(&desk.truth(reference)), [4_000], "{reference}");
        let asked = desk.capture(reference, 4_000, &format!("k-{reference}"));
        let again = asked.send().await.is(200);
        assert!(again.is_replayed(), "{again}");
        assert_eq!(again.at("/status"), "succeeded", "{again}");
        assert_eq!(desk.seen("epayment.capture", reference).len(), 1);
    }
}

async fn a_read_whose_caller_hung_up_answers_nobody_else(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.created("left-read-1", 10_000).await;
    let simulator = gateway.world.simulator.test();
    simulator.add_fault(
        Rule::new("slow", Fault::Latency { millis: 5_000 })
            .on("epayment.get")
            .once(),
    );
    {
        let mut left = pin!(desk.payment("left-read-1").now());
        tokio::select! {
            biased;
            answer = &mut left => panic!("{answer}"),
            () = until(|| desk.seen("epayment.get", "left-read-1").len() == 1) => {}
        }
    }
    // That read is answered now, and its answer grows old.
    gateway.world.advance(Duration::seconds(6)).await;
    until(|| desk.seen("epayment.get", "left-read-1")[0].status() == Some(200)).await;
    simulator.approve("100001", "left-read-1").unwrap();
    gateway.world.advance(Duration::minutes(5)).await;
    let now = gateway.north().payment("left-read-1").send().await.is(200);
    assert_eq!(now.at("/state"), "AUTHORIZED", "an old answer was given\n{now}");
    assert_eq!(desk.seen("epayment.get", "left-read-1").len(), 2);
}

async fn the_same_reference_and_key_of_two_partners_never_meet(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (north, south) = (gateway.north(), gateway.south());
    let reference = "shared-reference-1";
    let mut ids = BTreeSet::new();
    for (desk, value) in [(&north, 10_000), (&south, 77_700)] {
        let created = desk.create(reference, value, "same-key").send().await.is(201);
        assert!(!created.is_replayed(), "{created}");
        assert_eq!(created.at("/amount/value"), value, "{created}");
        let _ = desk.approve(reference).send().await.is(200);
        let captured = desk
            .capture(reference, value / 10, "same-key-2")
            .send()
            .await
            .is(200);
        assert!(!captured.is_replayed(), "{captured}");
        ids.insert(captured.text("/id"));
        let _ = desk
            .put_receipt(reference, &desk::receipt(value))
            .send()
            .await
            .is(202);
    }
    gateway.work().await;
    assert_eq!(ids.len(), 2);
    let mut keys = BTreeSet::new();
    for (desk, value, other) in [(&north, 10_000, "77700"), (&south, 77_700, "10000")] {
        let truth = desk.truth(reference);
        assert_eq!(captured(&truth), [value / 10]);
        let id = ids.iter().next().unwrap();
        let mut all = String::new();
        for ask in [
            desk.payment(reference),
            desk.events(reference),
            desk.get("/payments"),
            desk.receipt(reference),
            desk.create(reference, value, "same-key"),
            desk.capture(reference, value / 10, "same-key-2"),
        ] {
            let answer = ask.send().await;
            assert!(matches!(answer.status, 200 | 201), "{answer}");
            all.push_str(&String::from_utf8_lossy(&answer.bytes));
        }
        assert!(!all.contains(other), "{}: {all}", desk.msn);
        let both = [&ids.iter().next_back().unwrap(), &id];
        let found = join_all(both.map(|id| desk.operation(reference, id).now())).await;
        let statuses: BTreeSet<_> = found.iter().map(|it| it.status).collect();
        assert_eq!(statuses, BTreeSet::from([200, 404]));
        for seen in desk.seen("epayment.capture", reference) {
            keys.insert(seen.idempotency_key.unwrap());
        }
    }
    assert_eq!(keys.len(), 2, "one upstream key serves two partners: {keys:?}");
}

async fn one_key_at_two_units_is_two_keys(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let first = gateway.north();
    let second = gateway.desk(&gateway.north_token(), "100002");
    let _ = first.create("till-0001", 1_000, "one").send().await.is(201);
    let other = second.create("till-0002", 2_000, "one").send().await.is(201);
    assert!(!other.is_replayed(), "{other}");
    assert_eq!(other.at("/amount"), json!({"currency": "NOK", "value": 2_000}));
}
