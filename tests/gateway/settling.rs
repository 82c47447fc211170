//! Keys, and outcomes that nobody knows at first: answered once, settled by what Vipps says.

use std::pin::pin;

use domain::upstream_key::{Identity, UpstreamKey};
use domain::{Environment, Outcome, TraceContext};
use http::Method;
use outbound::vipps::prepare;
use serde_json::Value;
use simulator::{EventName, Fault, Rule};
use testkit::listener::until;
use testkit::{Answer, Desk, Gateway, Kind, Partner, desk, on_both_databases};
use time::Duration;

on_both_databases!(
    an_answer_lost_after_the_effect_is_settled_by_evidence,
    a_request_lost_before_the_effect_is_sent_again_within_the_horizon,
    beyond_the_horizon_it_stays_unknown_and_reads_go_on,
    a_create_whose_answer_is_lost_is_settled_by_reading,
    a_create_that_leads_the_customer_nowhere_is_settled_by_reading,
    a_create_that_never_came_about_burns_its_reference,
    whoever_was_told_to_wait_gets_the_settled_answer_under_the_same_key,
    a_replayed_answer_is_marked_and_the_same_byte_for_byte,
    a_refusal_is_replayed_as_it_was,
    a_key_used_for_another_request_is_refused,
    a_payment_with_an_operation_under_way_is_busy,
    a_payment_that_vipps_knows_and_we_do_not_is_adopted,
    an_empty_cancel_is_written_out_and_any_other_goes_on_as_it_came,
);

fn fault(gateway: &Gateway, rule: Rule) {
    gateway.world.simulator.test().add_fault(rule);
}

fn moved(desk: &Desk<'_>, reference: &str, what: EventName) -> Vec<i64> {
    let truth = desk.truth(reference);
    let effects = truth.iter().filter(|(name, _)| *name == what);
    effects.map(|(_, amount)| *amount).collect()
}

async fn an_answer_lost_after_the_effect_is_settled_by_evidence(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("lost-answer-1", 10_000).await;
    for (nth, (operation, value)) in [("capture", 6_000), ("refund", 1_000), ("cancel", 0)]
        .into_iter()
        .enumerate()
    {
        let place = format!("epayment.{operation}");
        fault(&gateway, Rule::new("lost", Fault::AnswerLost).on(&place).once());
        let key = format!("lost-{nth}");
        let ask = match operation {
            "capture" => desk.capture("lost-answer-1", value, &key),
            "refund" => desk.refund("lost-answer-1", value, &key),
            _ => desk.cancel("lost-answer-1", &key),
        };
        let settled = ask.send().await.is(200);
        assert_eq!(settled.at("/status"), "succeeded", "{settled}");
        assert!(!settled.is_replayed(), "{settled}");
        assert_eq!(
            desk.seen(&place, "lost-answer-1").len(),
            1,
            "{operation} was sent again"
        );
    }
    assert_eq!(moved(&desk, "lost-answer-1", EventName::Captured), [6_000]);
    assert_eq!(moved(&desk, "lost-answer-1", EventName::Refunded), [1_000]);
    assert_eq!(moved(&desk, "lost-answer-1", EventName::Cancelled), [4_000]);
    let payment = desk.payment("lost-answer-1").send().await.is(200);
    assert_eq!(payment.at("/aggregate/capturedAmount/value"), 6_000, "{payment}");
}

async fn a_request_lost_before_the_effect_is_sent_again_within_the_horizon(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("lost-request-1", 10_000).await;
    let lost = Rule::new("lost", Fault::ResetBeforeEffect).on("epayment.capture");
    fault(&gateway, lost.attempts(1..=2));
    let settled = desk.capture("lost-request-1", 6_000, "k").send().await.is(200);
    assert_eq!(settled.at("/status"), "succeeded", "{settled}");
    let seen = desk.seen("epayment.capture", "lost-request-1");
    assert_eq!(seen.len(), 3);
    for again in &seen {
        assert_eq!(again.idempotency_key, seen[0].idempotency_key);
        assert_eq!(again.body, seen[0].body);
    }
    assert_eq!(moved(&desk, "lost-request-1", EventName::Captured), [6_000]);
}

async fn beyond_the_horizon_it_stays_unknown_and_reads_go_on(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("unknown-0001", 10_000).await;
    let down = testkit::down();
    fault(&gateway, Rule::new("down", down).on("epayment.capture"));
    let open = desk.capture("unknown-0001", 6_000, "k").send().await.is(202);
    assert_eq!(open.at("/status"), "unknown", "{open}");
    assert!(
        open.header("location").unwrap().ends_with(&open.text("/id")),
        "{open}"
    );
    for _ in 0..61 {
        gateway.world.advance(Duration::MINUTE).await;
        gateway.work().await;
    }
    // An hour is over: nothing leaves any more, although Vipps is well again.
    gateway.world.simulator.test().clear_faults();
    let sent = desk.seen("epayment.capture", "unknown-0001").len();
    for _ in 0..30 {
        gateway.world.advance(Duration::minutes(10)).await;
        gateway.work().await;
    }
    let desk = gateway.north();
    assert_eq!(desk.seen("epayment.capture", "unknown-0001").len(), sent);
    let operation = desk
        .operation("unknown-0001", &open.text("/id"))
        .send()
        .await
        .is(200);
    assert_eq!(operation.at("/status"), "unknown", "{operation}");
    for (other, ask) in [
        desk.capture("unknown-0001", 1_000, "other-1"),
        desk.refund("unknown-0001", 1_000, "other-2"),
        desk.cancel("unknown-0001", "other-3"),
    ]
    .into_iter()
    .enumerate()
    {
        let refused = ask.wait(1).send().await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "payment_unsettled"),
            "{other}\n{refused}"
        );
    }
    let same = desk
        .capture("unknown-0001", 6_000, "k")
        .wait(1)
        .send()
        .await
        .is(202);
    assert!(!same.is_replayed(), "{same}");
    let _ = desk.payment("unknown-0001").send().await.is(200);
    let _ = desk.events("unknown-0001").send().await.is(200);
    let _ = desk.get("/payments").send().await.is(200);
    assert_eq!(moved(&desk, "unknown-0001", EventName::Captured), [0; 0]);
    assert_eq!(desk.seen("epayment.capture", "unknown-0001").len(), sent);
}

async fn a_create_whose_answer_is_lost_is_settled_by_reading(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    fault(
        &gateway,
        Rule::new("lost", Fault::AnswerLost).on("epayment.create").once(),
    );
    let created = desk.create("lost-create-1", 10_000, "k").send().await.is(201);
    assert_eq!(desk.seen("epayment.create", "lost-create-1").len(), 1);
    assert_eq!(created.at("/state"), "CREATED", "{created}");
    assert!(created.text("/redirectUrl").starts_with("http"), "{created}");
    assert_eq!(desk.truth("lost-create-1"), [(EventName::Created, 10_000)]);
}

async fn a_create_that_leads_the_customer_nowhere_is_settled_by_reading(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    for (reference, after_effect) in [("leads-nowhere-1", true), ("leads-nowhere-2", false)] {
        let bare = Fault::Answer {
            status: 201,
            content_type: Some("application/json".to_owned()),
            headers: Vec::new(),
            body: format!(r#"{{"reference":"{reference}"}}"#),
            after_effect,
        };
        fault(&gateway, Rule::new("bare", bare).on("epayment.create").once());
        let created = desk.create(reference, 10_000, reference).send().await.is(201);
        assert!(created.text("/redirectUrl").starts_with("http"), "{created}");
        assert_eq!(desk.truth(reference), [(EventName::Created, 10_000)]);
    }
}

async fn a_create_that_never_came_about_burns_its_reference(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let lost = Rule::new("lost", Fault::ResetBeforeEffect).on("epayment.create");
    fault(&gateway, lost);
    let open = desk.create("burnt-0001", 10_000, "k").send().await.is(202);
    until(|| gateway.world.app.tasks().is_empty()).await;
    gateway.world.simulator.test().clear_faults();
    let sent = desk.seen("epayment.create", "burnt-0001").len();
    gateway.pass(Duration::seconds(130)).await;
    let desk = gateway.north();
    assert_eq!(
        desk.seen("epayment.create", "burnt-0001").len(),
        sent,
        "a payment was created that nobody waits for"
    );
    let operation = desk.operation("burnt-0001", &open.text("/id")).send().await;
    assert_eq!(operation.at("/status"), "not_created", "{operation}");
    let other = desk.create("burnt-0001", 10_000, "another").send().await;
    let _ = other.problem(409, "reference_burnt");
    let same = desk.create("burnt-0001", 10_000, "k").send().await;
    let same = same.problem(409, "payment_not_created");
    assert!(same.is_replayed(), "{same}");
    assert_eq!(desk.truth("burnt-0001"), []);
    let _ = desk.create("not-burnt-1", 10_000, "fresh").send().await.is(201);
}

async fn whoever_was_told_to_wait_gets_the_settled_answer_under_the_same_key(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("waits-0001", 10_000).await;
    let down = Fault::ServerError {
        status: 500,
        after_effect: true,
    };
    fault(&gateway, Rule::new("down", down).on("epayment.capture"));
    fault(
        &gateway,
        Rule::new("blind", Fault::ResetBeforeEffect).on("epayment.events"),
    );
    let open = desk
        .capture("waits-0001", 6_000, "k")
        .wait(3)
        .send()
        .await
        .is(202);
    let same = desk
        .capture("waits-0001", 6_000, "k")
        .wait(3)
        .send()
        .await
        .is(202);
    assert_eq!(open.at("/id"), same.at("/id"), "{open}\n{same}");
    assert!(!open.is_replayed() && !same.is_replayed(), "{same}");
    gateway.world.simulator.test().clear_faults();
    gateway.pass(Duration::seconds(90)).await;
    let settled = gateway
        .north()
        .capture("waits-0001", 6_000, "k")
        .send()
        .await
        .is(200);
    assert_eq!(settled.at("/id"), open.at("/id"), "{settled}");
    assert!(settled.is_replayed(), "{settled}");
    assert_eq!(moved(&desk, "waits-0001", EventName::Captured), [6_000]);
}

async fn a_replayed_answer_is_marked_and_the_same_byte_for_byte(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let created = desk.create("replayed-0001", 10_000, "c").send().await.is(201);
    let again = desk.create("replayed-0001", 10_000, "c").send().await.is(201);
    assert_eq!(created.bytes, again.bytes, "{created}\n{again}");
    assert!(again.is_replayed() && !created.is_replayed());
    assert_eq!(created.header("location"), again.header("location"));
    let _ = desk.approve("replayed-0001").send().await.is(200);
    let captured = desk.capture("replayed-0001", 4_000, "k").send().await.is(200);
    // The same request, written by another hand: members turned round, spaces added.
    let body = "{ \"modificationAmount\" : {\"value\":4000, \"currency\":\"NOK\"}\n}";
    let again = desk
        .post("/payments/replayed-0001/capture")
        .key("k")
        .bytes("application/json; charset=utf-8", body)
        .send()
        .await
        .is(200);
    assert!(again.is_replayed(), "{again}");
    assert_eq!(captured.bytes, again.bytes, "{captured}\n{again}");
    // Months later too.
    gateway.world.advance(Duration::days(399)).await;
    let again = gateway
        .north()
        .capture("replayed-0001", 4_000, "k")
        .send()
        .await
        .is(200);
    assert!(again.is_replayed(), "{again}");
    assert_eq!(desk.seen("epayment.capture", "replayed-0001").len(), 1);
}

async fn a_refusal_is_replayed_as_it_was(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("refused-0001", 10_000).await;
    let no = Fault::Answer {
        status: 400,
        content_type: Some("application/problem+json".to_owned()),
        headers: Vec::new(),
        body: r#"{"type":"x","title":"Capture period over","status":400,"traceId":"00-1","extraDetails":[{"name":"ErrorCode","reason":"6100"}]}"#.to_owned(),
        after_effect: false,
    };
    fault(&gateway, Rule::new("no", no).on("epayment.capture").once());
    let refused = desk.capture("refused-0001", 4_000, "k").send().await;
    assert_eq!(refused.at("/vipps/code"), "6100", "{refused}");
    let again = desk.capture("refused-0001", 4_000, "k").send().await;
    assert!(again.is_replayed() && !refused.is_replayed(), "{again}");
    assert_eq!(
        (again.status, again.code(), again.at("/vipps")),
        (refused.status, refused.code(), refused.at("/vipps"))
    );
    assert_eq!(desk.seen("epayment.capture", "refused-0001").len(), 1);
    // A new key is a new request.
    let _ = desk.capture("refused-0001", 4_000, "k2").send().await.is(200);
}

async fn a_key_used_for_another_request_is_refused(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    for reference in ["reused-0001", "reused-0002"] {
        let _ = desk.authorized(reference, 10_000).await;
    }
    let _ = desk.capture("reused-0001", 4_000, "k").send().await.is(200);
    let before = gateway.world.simulator.test().ledger();
    let mut more: Value = desk::modification(4_000);
    more["note"] = "x".into();
    for ask in [
        desk.capture("reused-0001", 4_001, "k"),
        desk.capture("reused-0002", 4_000, "k"),
        desk.refund("reused-0001", 4_000, "k"),
        desk.cancel("reused-0001", "k"),
        desk.create("reused-0003", 4_000, "k"),
        desk.post("/payments/reused-0001/capture").key("k").json(&more),
    ] {
        let _ = ask.send().await.problem(422, "idempotency_key_reused");
    }
    assert_eq!(gateway.world.simulator.test().ledger(), before);
}

async fn a_payment_with_an_operation_under_way_is_busy(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("busy-0001", 10_000).await;
    fault(
        &gateway,
        Rule::new("slow", Fault::Latency { millis: 8_000 })
            .on("epayment.capture")
            .once(),
    );
    let mut first = pin!(desk.capture("busy-0001", 4_000, "first").now());
    tokio::select! {
        biased;
        answer = &mut first => panic!("{answer}"),
        () = until(|| desk.seen("epayment.capture", "busy-0001").len() == 1) => {}
    }
    for ask in [
        desk.capture("busy-0001", 1_000, "second"),
        desk.cancel("busy-0001", "third"),
    ] {
        let busy: Answer = tokio::select! {
            biased;
            answer = gateway.world.finish(ask.wait(1).now()) => answer,
            answer = &mut first => panic!("{answer}"),
        };
        let busy = busy.problem(409, "payment_busy");
        assert!(busy.header("retry-after").is_some(), "{busy}");
    }
    gateway.world.advance(Duration::seconds(8)).await;
    let _ = first.await.is(200);
    let _ = desk.capture("busy-0001", 1_000, "second").send().await.is(200);
    assert_eq!(moved(&desk, "busy-0001", EventName::Captured), [4_000, 1_000]);
}

async fn a_payment_that_vipps_knows_and_we_do_not_is_adopted(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    // Straight at Vipps, past the gateway.
    let reference = "adopted-0001";
    let (app, caller) = (&gateway.world.app, gateway.world.north.caller());
    let unit = app.unit(&caller, &gateway.world.north.msn).await.unwrap();
    let reference_of = reference.parse().unwrap();
    let key = UpstreamKey::derive(&Identity {
        environment: Environment::Test,
        msn: &unit.msn,
        partner: caller.partner,
        kind: domain::operation::Kind::Create,
        reference: &reference_of,
        key: &"elsewhere".parse().unwrap(),
        generation: 0,
    });
    let envelope = prepare::create(&Partner::create_of(&reference_of, 10_000), &key);
    let access = unit.access(TraceContext::default()).unwrap();
    let outcome = app.vipps().send(&envelope, &access).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    gateway
        .world
        .simulator
        .test()
        .approve("100001", reference)
        .unwrap();
    let payment = desk.payment("adopted-0001").send().await.is(200);
    assert_eq!(payment.at("/state"), "AUTHORIZED", "{payment}");
    let _ = desk.capture("adopted-0001", 10_000, "k").send().await.is(200);
    let list = desk.get("/payments?referencePrefix=adopted").send().await.is(200);
    assert_eq!(list.at("/data").as_array().unwrap().len(), 1, "{list}");
}

async fn an_empty_cancel_is_written_out_and_any_other_goes_on_as_it_came(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    for (reference, body, sent) in [
        ("cancel-0001", None, r#"{"cancelTransactionOnly":false}"#),
        ("cancel-0002", Some("{}"), "{}"),
        (
            "cancel-0003",
            Some("{\"cancelTransactionOnly\" :true , \"new\":1.50}"),
            "{\"cancelTransactionOnly\" :true , \"new\":1.50}",
        ),
    ] {
        let _ = desk.created(reference, 10_000).await;
        let path = desk.path(&format!("/payments/{reference}/cancel"));
        let ask = desk.ask(Method::POST, &path).key(reference);
        let ask = match body {
            Some(body) => ask.bytes("application/json", body),
            None => ask,
        };
        let answer = ask.send().await;
        let seen = desk.seen("epayment.cancel", reference);
        assert_eq!(seen.len(), 1, "{answer}");
        assert_eq!(String::from_utf8_lossy(&seen[0].body), sent, "{answer}");
    }
}
