//! Vipps out of reach, out of time, or not to be believed: nothing is guessed, nothing is moved twice, and
//! what is unknown is settled by reading.

use serde_json::{Value, json};
use simulator::{EventName, Fault, Rule};
use testkit::listener::until;
use testkit::{Answer, Desk, Gateway, Kind, Setup, on_both_databases};
use time::Duration;

on_both_databases!(
    a_capture_with_any_trouble_is_captured_once,
    a_create_with_any_trouble_is_created_once,
    a_read_that_cannot_be_believed_is_not_shown,
    unreachable_binds_nothing_to_the_key,
    a_token_that_cannot_be_had_binds_nothing_to_the_key,
    a_black_hole_ends_the_waiting_and_not_the_work,
    a_slow_answer_that_never_ends_is_unknown,
    keys_are_never_sent_to_where_a_redirect_points,
    receipts_wait_out_any_trouble,
);

fn answer(status: u16, kind: &str, body: impl Into<String>, after_effect: bool) -> Fault {
    Fault::Answer {
        status,
        content_type: Some(kind.to_owned()),
        headers: Vec::new(),
        body: body.into(),
        after_effect,
    }
}

/// What Vipps would answer to a capture of 4,000 out of 10,000, with one thing changed.
fn lie(reference: &str, change: impl FnOnce(&mut Value)) -> String {
    let nok = |value: i64| json!({"currency": "NOK", "value": value});
    let mut body = json!({
        "amount": nok(10_000), "state": "AUTHORIZED", "pspReference": "p", "reference": reference,
        "aggregate": {"authorizedAmount": nok(10_000), "capturedAmount": nok(4_000), "refundedAmount": nok(0), "cancelledAmount": nok(0)},
    });
    change(&mut body);
    body.to_string()
}

/// Everything that can be wrong with the answer to a request, each before and after its effect.
fn troubles(reference: &str) -> Vec<(String, Fault)> {
    let mut all = vec![
        ("answer lost".to_owned(), Fault::AnswerLost),
        ("reset".to_owned(), Fault::ResetBeforeEffect),
        ("garbage".to_owned(), Fault::Garbage),
        ("nothing".to_owned(), Fault::Truncated { bytes: 0 }),
        ("cut off".to_owned(), Fault::Truncated { bytes: 30 }),
    ];
    for after_effect in [false, true] {
        for status in [408, 500, 502, 503, 504, 599] {
            let name = format!("{status}, {after_effect}");
            all.push((name, answer(status, "text/html", "<html>", after_effect)));
        }
        for status in [301, 302, 303, 307, 308, 304, 300] {
            let name = format!("{status}, {after_effect}");
            all.push((name, answer(status, "text/plain", "", after_effect)));
        }
        let yes = |name: &str, body: String| {
            (
                format!("{name}, {after_effect}"),
                answer(200, "application/json", body, after_effect),
            )
        };
        all.extend([
            yes("html", "<html><body>Welcome</body></html>".to_owned()),
            yes("empty", String::new()),
            yes("null", "null".to_owned()),
            yes("list", "[]".to_owned()),
            yes("empty object", "{}".to_owned()),
            yes(
                "other reference",
                lie(reference, |it| it["reference"] = json!("other-reference-1")),
            ),
            yes(
                "unknown state",
                lie(reference, |it| it["state"] = json!("CAPTURED")),
            ),
            yes("no aggregate", lie(reference, |it| it["aggregate"] = Value::Null)),
            yes(
                "nothing captured",
                lie(reference, |it| {
                    it["aggregate"]["capturedAmount"]["value"] = json!(0);
                }),
            ),
            yes(
                "less captured",
                lie(reference, |it| {
                    it["aggregate"]["capturedAmount"]["value"] = json!(3_999);
                }),
            ),
            yes(
                "more captured than authorized",
                lie(reference, |it| {
                    it["aggregate"]["capturedAmount"]["value"] = json!(10_001);
                }),
            ),
            yes(
                "negative",
                lie(reference, |it| {
                    it["aggregate"]["refundedAmount"]["value"] = json!(-1);
                }),
            ),
            yes(
                "sums as text",
                lie(reference, |it| {
                    it["aggregate"]["capturedAmount"]["value"] = json!("4000");
                }),
            ),
            yes(
                "other currency",
                lie(reference, |it| {
                    it["aggregate"]["capturedAmount"]["currency"] = json!("SEK");
                }),
            ),
        ]);
    }
    all
}

fn moved(desk: &Desk<'_>, reference: &str, what: EventName) -> Vec<i64> {
    let truth = desk.truth(reference);
    let effects = truth.iter().filter(|(name, _)| *name == what);
    effects.map(|(_, amount)| *amount).collect()
}

/// The gateway is still there, and has not lost its head.
async fn well(gateway: &Gateway) {
    let _ = gateway.north().get("").send().await.is(200);
}

async fn a_capture_with_any_trouble_is_captured_once(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
    for (nth, (name, _)) in troubles("x").iter().enumerate() {
        let reference = format!("trouble-{nth:03}");
        let fault = troubles(&reference).swap_remove(nth).1;
        let _ = gateway.north().authorized(&reference, 10_000).await;
        let rule = Rule::new("trouble", fault)
            .on("epayment.capture")
            .reference(&reference);
        gateway.world.simulator.test().add_fault(rule.once());
        let captured = gateway
            .north()
            .capture(&reference, 4_000, &reference)
            .send()
            .await;
        assert_eq!(captured.status, 200, "{name}\n{captured}");
        assert_eq!(captured.at("/status"), "succeeded", "{name}\n{captured}");
        let desk = gateway.north();
        assert_eq!(moved(&desk, &reference, EventName::Captured), [4_000], "{name}");
        let payment = desk.payment(&reference).send().await.is(200);
        assert_eq!(
            payment.at("/aggregate/capturedAmount/value"),
            4_000,
            "{name}\n{payment}"
        );
        gateway.world.advance(Duration::minutes(2)).await;
    }
    well(&gateway).await;
}

async fn a_create_with_any_trouble_is_created_once(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
    for (nth, (name, fault)) in troubles("another-reference").into_iter().enumerate() {
        let reference = format!("trouble-{nth:03}");
        let rule = Rule::new("trouble", fault)
            .on("epayment.create")
            .reference(&reference);
        gateway.world.simulator.test().add_fault(rule.once());
        let created = gateway
            .north()
            .create(&reference, 10_000, &reference)
            .send()
            .await;
        assert_eq!(created.status, 201, "{name}\n{created}");
        assert_eq!(created.text("/reference"), reference, "{name}\n{created}");
        let truth = gateway.north().truth(&reference);
        assert_eq!(truth, [(EventName::Created, 10_000)], "{name}");
        gateway.world.advance(Duration::minutes(2)).await;
    }
    well(&gateway).await;
}

async fn a_read_that_cannot_be_believed_is_not_shown(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
    let reference = "read-lies-1";
    let _ = gateway.north().authorized(reference, 10_000).await;
    let _ = gateway
        .north()
        .capture(reference, 4_000, "k")
        .send()
        .await
        .is(200);
    let before = gateway.north().payment(reference).send().await.is(200);
    for (name, fault) in troubles(reference) {
        // What is true of the answer after its effect is true of a read at once.
        if matches!(
            fault,
            Fault::Answer {
                after_effect: true,
                ..
            }
        ) {
            continue;
        }
        let rule = Rule::new("trouble", fault).on("epayment.get");
        gateway.world.simulator.test().add_fault(rule.once());
        let read = gateway.north().payment(reference).send().await;
        if name.contains("captured") && read.status == 200 {
            // A sum that shrank does not fit the books, so they stay as they are and are shown.
            assert_eq!(read.bytes, before.bytes, "{name}\n{read}");
        } else {
            assert_eq!(read.status, 503, "{name}\n{read}");
            assert_eq!(read.code(), "vipps_unreachable", "{name}\n{read}");
        }
        let after = gateway.north().payment(reference).send().await.is(200);
        assert_eq!(after.bytes, before.bytes, "{name}\n{after}");
    }
    for (name, fault) in troubles(reference) {
        let rule = Rule::new("trouble", fault).on("epayment.events");
        gateway.world.simulator.test().add_fault(rule.once());
        let read = gateway.north().events(reference).send().await;
        let empty = name.starts_with("list");
        assert!(
            read.status == 503 || empty && read.status == 200,
            "{name}\n{read}"
        );
        gateway.world.advance(Duration::minutes(1)).await;
    }
    well(&gateway).await;
}

async fn unreachable_binds_nothing_to_the_key(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = gateway.north().authorized("unreachable-1", 10_000).await;
    let simulator = gateway.world.simulator.test();
    simulator.close().await;
    for ask in [
        gateway.north().create("unreachable-2", 10_000, "create"),
        gateway.north().capture("unreachable-1", 4_000, "capture"),
        gateway.north().payment("unreachable-1"),
        gateway.north().events("unreachable-1"),
    ] {
        let answer = ask.send().await.problem(503, "vipps_unreachable");
        assert!(answer.header("retry-after").is_some(), "{answer}");
        assert_eq!(answer.at("/retryable"), true, "{answer}");
    }
    simulator.open().await.unwrap();
    let desk = gateway.north();
    // The same key may even stand for another request now: nothing ever left under it.
    let _ = desk
        .create("unreachable-2", 20_000, "create")
        .send()
        .await
        .is(201);
    let captured = desk
        .capture("unreachable-1", 5_000, "capture")
        .send()
        .await
        .is(200);
    assert!(!captured.is_replayed(), "{captured}");
    assert_eq!(moved(&desk, "unreachable-1", EventName::Captured), [5_000]);
}

async fn a_token_that_cannot_be_had_binds_nothing_to_the_key(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = gateway.north().authorized("tokenless-1", 10_000).await;
    gateway.world.advance(Duration::hours(2)).await;
    let simulator = gateway.world.simulator.test();
    for fault in [
        answer(500, "text/html", "<html>", false),
        answer(200, "application/json", "{}", false),
        answer(200, "text/html", "<html>", false),
        Fault::AnswerLost,
        Fault::ResetBeforeEffect,
        answer(302, "text/plain", "", false),
    ] {
        simulator.add_fault(Rule::new("token", fault).on("token.standard"));
        let refused = gateway.north().capture("tokenless-1", 4_000, "k").send().await;
        let _ = refused.problem(503, "vipps_unreachable");
        gateway.world.advance(Duration::minutes(2)).await;
    }
    assert!(gateway.north().seen("epayment.capture", "tokenless-1").is_empty());
    simulator.clear_faults();
    gateway.world.advance(Duration::minutes(2)).await;
    let _ = gateway
        .north()
        .capture("tokenless-1", 4_000, "k")
        .send()
        .await
        .is(200);
}

async fn a_black_hole_ends_the_waiting_and_not_the_work(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().impatient()).await;
    let reference = "black-hole-1";
    let _ = gateway.north().authorized(reference, 10_000).await;
    let simulator = gateway.world.simulator.test();
    let hours = Fault::Latency {
        millis: 3 * 3_600_000,
    };
    simulator.add_fault(Rule::new("hole", hours.clone()).on("epayment.capture"));
    let open = gateway
        .north()
        .capture(reference, 4_000, "k")
        .wait(3)
        .send()
        .await
        .is(202);
    assert!(
        ["pending", "unknown"].contains(&open.text("/status").as_str()),
        "{open}"
    );
    // Reads fall into it too.
    simulator.add_fault(Rule::new("blind", hours).on("epayment.get"));
    let blind = gateway.north().payment(reference).send().await;
    let _ = blind.problem(503, "vipps_unreachable");
    simulator.clear_faults();
    // The sockets' patience is real time.
    until(|| gateway.world.app.tasks().is_empty()).await;
    gateway.pass(Duration::seconds(120)).await;
    let settled = gateway
        .north()
        .capture(reference, 4_000, "k")
        .send()
        .await
        .is(200);
    assert_eq!(settled.at("/status"), "succeeded", "{settled}");
    // What fell in comes out at last, under the same key.
    gateway.world.advance(Duration::hours(4)).await;
    gateway.work().await;
    assert_eq!(moved(&gateway.north(), reference, EventName::Captured), [4_000]);
    let payment = gateway.north().payment(reference).send().await.is(200);
    assert_eq!(payment.at("/aggregate/capturedAmount/value"), 4_000, "{payment}");
}

async fn a_slow_answer_that_never_ends_is_unknown(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().impatient()).await;
    let reference = "trickle-0001";
    let _ = gateway.north().authorized(reference, 10_000).await;
    let trickle = Fault::Trickle {
        bytes: 1,
        every_millis: 60_000,
    };
    let rule = Rule::new("slow", trickle).on("epayment.capture").once();
    gateway.world.simulator.test().add_fault(rule);
    let settled = gateway
        .north()
        .capture(reference, 4_000, "k")
        .send()
        .await
        .is(200);
    assert_eq!(settled.at("/status"), "succeeded", "{settled}");
    let desk = gateway.north();
    assert_eq!(
        desk.seen("epayment.capture", reference).len(),
        1,
        "it was sent again"
    );
    assert_eq!(moved(&desk, reference, EventName::Captured), [4_000]);
}

async fn keys_are_never_sent_to_where_a_redirect_points(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let reference = "redirect-0001";
    let _ = gateway.north().authorized(reference, 10_000).await;
    let elsewhere = gateway.world.simulator.production();
    for (operation, status) in [
        ("epayment.capture", 307),
        ("epayment.get", 302),
        ("epayment.events", 301),
        ("token.standard", 308),
    ] {
        let redirect = Fault::Redirect {
            status,
            location: format!("{}/epayment/v1/payments/{reference}", elsewhere.url()),
        };
        let rule = Rule::new(operation, redirect).on(operation);
        gateway.world.simulator.test().add_fault(rule);
    }
    let _ = gateway.north().payment(reference).send().await.is(503);
    let _ = gateway.north().events(reference).send().await.is(503);
    let _ = gateway
        .north()
        .capture(reference, 4_000, "k")
        .wait(2)
        .send()
        .await
        .is(202);
    gateway.world.advance(Duration::hours(2)).await;
    let _ = gateway.north().payment(reference).send().await.is(503);
    assert!(elsewhere.requests().is_empty(), "{:?}", elsewhere.requests());
}

async fn receipts_wait_out_any_trouble(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
    for (nth, (name, fault)) in troubles("x").into_iter().enumerate() {
        let reference = format!("receipt-{nth:03}");
        let _ = gateway.north().created(&reference, 10_000).await;
        let wrong = name.ends_with("false") && (name.contains("captured") || name.contains("reference"));
        // A 2xx to a receipt carries nothing that could be wrong: it is believed.
        if wrong || matches!(&fault, Fault::Answer { status: 200, .. }) {
            continue;
        }
        let rule = Rule::new("trouble", fault)
            .on("orders.receipt")
            .reference(&reference);
        gateway.world.simulator.test().add_fault(rule.once());
        let receipt = testkit::desk::receipt(10_000);
        let put: Answer = gateway
            .north()
            .put_receipt(&reference, &receipt)
            .send()
            .await
            .is(202);
        assert_eq!(put.at("/status"), "queued", "{name}\n{put}");
        gateway.work().await;
        gateway.world.advance(Duration::minutes(1)).await;
        gateway.work().await;
        let sent = gateway.north().receipt(&reference).send().await.is(200);
        assert_eq!(sent.at("/status"), "sent", "{name}\n{sent}");
        let seen = gateway.north().seen("orders.receipt", &reference);
        assert!(seen.len() <= 2, "{name}: {}", seen.len());
    }
    well(&gateway).await;
}
