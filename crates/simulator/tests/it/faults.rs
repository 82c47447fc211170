//! Things going wrong on purpose.

use std::time::Duration;

use nordbro_simulator::{Fault, Outcome, Rule, Simulator};

use crate::walk::{Client, simulator};

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_moved_the_money_and_the_same_key_gets_the_answer() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    simulator
        .test()
        .add_fault(Rule::new("lost", Fault::AnswerLost).on("epayment.capture").once());
    let path = "/epayment/v1/payments/order-0001/capture";
    let body = serde_json::json!({ "modificationAmount": { "currency": "NOK", "value": 4_000 } }).to_string();
    let request = north.request("POST", path).header("Idempotency-Key", "capture-1");
    let lost = request
        .header("Content-Type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap_err();
    assert!(!lost.is_connect());
    let captures = || {
        simulator
            .test()
            .ledger_of("100001", "order-0001")
            .iter()
            .filter(|it| it.amount == 4_000)
            .count()
    };
    assert_eq!(captures(), 1);
    assert_eq!(
        north
            .modify("capture", "order-0001", "capture-1", 4_000)
            .await
            .status,
        200
    );
    assert_eq!(captures(), 1);
    let seen = simulator.test().requests();
    let lost = seen.iter().find(|it| it.faults == ["lost"]).unwrap();
    assert!(matches!(
        lost.outcome,
        Outcome::Answered {
            status: 200,
            sent: false,
            ..
        }
    ));
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_reset_before_the_effect_moved_nothing() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    simulator.test().add_fault(
        Rule::new("reset", Fault::ResetBeforeEffect)
            .reference("order-0001")
            .once(),
    );
    let body = north.web("order-0001", 10_000).to_string();
    let request = north
        .request("POST", "/epayment/v1/payments")
        .header("Idempotency-Key", "k");
    assert!(
        request
            .header("Content-Type", "application/json")
            .body(body)
            .send()
            .await
            .is_err()
    );
    assert_eq!(simulator.test().ledger(), []);
    assert_eq!(north.create(&north.web("order-0001", 10_000)).await.status, 201);
    simulator.shutdown().await;
}

#[tokio::test]
async fn statuses_bodies_and_headers_come_as_the_rules_say() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    let world = simulator.test();
    let on_get = |fault| Rule::new("one", fault).on("epayment.get").once();
    world.add_fault(on_get(Fault::ServerError {
        status: 503,
        after_effect: false,
    }));
    assert_eq!(north.payment("order-0001").await.status, 503);
    world.add_fault(on_get(Fault::TooManyRequests { retry_after: Some(7) }));
    let busy = north.payment("order-0001").await;
    assert_eq!(
        (busy.status, busy.headers["retry-after"].to_str().unwrap()),
        (429, "7")
    );
    world.add_fault(on_get(Fault::Redirect {
        status: 302,
        location: "https://elsewhere.example/".into(),
    }));
    let elsewhere = north.payment("order-0001").await;
    assert_eq!(
        (elsewhere.status, elsewhere.headers["location"].to_str().unwrap()),
        (302, "https://elsewhere.example/")
    );
    world.add_fault(on_get(Fault::Garbage));
    let garbage = north.payment("order-0001").await;
    assert_eq!((garbage.status, garbage.body.is_null()), (200, true));
    world.add_fault(on_get(Fault::Answer {
        status: 400,
        content_type: Some("application/json".into()),
        headers: vec![("x-odd".into(), "1".into())],
        body: r#"[{"errorMessage":"odd"}]"#.into(),
        after_effect: false,
    }));
    let odd = north.payment("order-0001").await;
    assert_eq!(
        (
            odd.status,
            odd.text.as_str(),
            odd.headers["x-odd"].to_str().unwrap()
        ),
        (400, r#"[{"errorMessage":"odd"}]"#, "1")
    );
    assert_eq!(north.payment("order-0001").await.status, 200);
    world.add_fault(on_get(Fault::Truncated { bytes: 20 }));
    let cut = north
        .request("GET", "/epayment/v1/payments/order-0001")
        .send()
        .await
        .unwrap();
    assert_eq!(cut.status().as_u16(), 200);
    assert!(cut.bytes().await.is_err());
    simulator.shutdown().await;
}

#[tokio::test]
async fn an_error_after_the_effect_hides_a_capture_that_was_done() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    let fault = Fault::ServerError {
        status: 500,
        after_effect: true,
    };
    simulator
        .test()
        .add_fault(Rule::new("late", fault).on("epayment.capture").attempts(1..=1));
    assert_eq!(
        north.modify("capture", "order-0001", "k", 10_000).await.status,
        500
    );
    assert_eq!(north.aggregate("order-0001").await[1], 10_000);
    assert_eq!(
        north.modify("capture", "order-0001", "k", 10_000).await.status,
        200
    );
    assert_eq!(north.aggregate("order-0001").await[1], 10_000);
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_slow_request_happens_though_its_caller_hung_up() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    simulator
        .test()
        .add_fault(Rule::new("slow", Fault::Latency { millis: 30_000 }).on("epayment.capture"));
    let body = serde_json::json!({ "modificationAmount": { "currency": "NOK", "value": 4_000 } }).to_string();
    let request = north
        .request("POST", "/epayment/v1/payments/order-0001/capture")
        .header("Idempotency-Key", "k")
        .header("Content-Type", "application/json")
        .body(body);
    assert!(
        request
            .timeout(Duration::from_millis(100))
            .send()
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(north.aggregate("order-0001").await[1], 0);
    simulator.advance(Duration::from_secs(30)).await;
    assert_eq!(north.aggregate("order-0001").await[1], 4_000);
    simulator.shutdown().await;
}

#[tokio::test]
async fn two_modifications_at_once_find_the_payment_locked() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    simulator
        .test()
        .set_dials(|dials| dials.processing_millis = 1_000);
    let (first, second, ()) = tokio::join!(
        north.modify("capture", "order-0001", "a", 4_000),
        north.modify("capture", "order-0001", "b", 4_000),
        async {
            // Both have arrived; one works, the other was refused without waiting.
            while simulator
                .test()
                .requests()
                .iter()
                .filter(|it| it.operation == Some("epayment.capture"))
                .count()
                < 2
            {
                tokio::task::yield_now().await;
            }
            while simulator
                .test()
                .requests()
                .iter()
                .all(|it| it.status() != Some(423))
            {
                tokio::task::yield_now().await;
            }
            simulator.advance(Duration::from_secs(1)).await;
        }
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 423]);
    simulator.test().set_dials(|dials| dials.processing_millis = 0);
    let refused = if first.status == 423 { "a" } else { "b" };
    assert_eq!(
        north.modify("capture", "order-0001", refused, 4_000).await.status,
        200,
        "423 sticks to no key"
    );
    simulator.shutdown().await;
}

#[tokio::test]
async fn a_request_that_is_late_and_then_locks_its_payment_does_not_stop_the_clock() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    simulator
        .test()
        .set_dials(|dials| dials.processing_millis = 1_000);
    let late = Fault::Latency { millis: 500 };
    simulator
        .test()
        .add_fault(Rule::new("late", late).on("epayment.capture"));
    let (captured, ()) = tokio::join!(north.modify("capture", "order-0001", "a", 4_000), async {
        let arrived = |simulator: &Simulator| {
            let seen = simulator.test().requests();
            seen.iter().any(|it| it.operation == Some("epayment.capture"))
        };
        while !arrived(&simulator) {
            tokio::task::yield_now().await;
        }
        simulator.advance(Duration::from_millis(500)).await;
        simulator.advance(Duration::from_secs(1)).await;
    });
    assert_eq!(captured.status, 200);
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_same_seed_and_faults_give_one_reference_the_same_history_whatever_the_others_do() {
    let mut histories = Vec::new();
    for others in [0, 7] {
        let simulator = simulator().await;
        let north = Client::of(simulator.test(), "100001").await;
        let fault = Fault::ServerError {
            status: 502,
            after_effect: true,
        };
        simulator
            .test()
            .add_fault(Rule::new("flaky", fault).on("epayment.*").chance(0.4));
        for other in 0..others {
            let body = north.web(&format!("other-{other:04}"), 1_000);
            north.create(&body).await;
        }
        let mut history = Vec::new();
        let created = north.create(&north.web("order-0001", 10_000)).await;
        history.push((created.status, created.text));
        simulator.test().approve("100001", "order-0001").unwrap();
        for nth in 0..5 {
            let got = north
                .modify("capture", "order-0001", &format!("k{nth}"), 1_000)
                .await;
            history.push((got.status, got.text));
            simulator.advance(Duration::from_secs(20)).await;
            let got = north.payment("order-0001").await;
            history.push((got.status, got.text));
            let got = north.read("/epayment/v1/payments/order-0001/events").await;
            history.push((got.status, got.text));
        }
        assert!(history.iter().any(|it| it.0 == 502) && history.iter().any(|it| it.0 == 200));
        histories.push(history);
        simulator.shutdown().await;
    }
    assert_eq!(histories[0], histories[1]);
}

#[tokio::test]
async fn a_trickled_answer_arrives_whole_as_the_clock_turns() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    north.authorized("order-0001", 10_000).await;
    let whole = north.payment("order-0001").await.text;
    simulator.test().add_fault(
        Rule::new(
            "slow",
            Fault::Trickle {
                bytes: 100,
                every_millis: 1_000,
            },
        )
        .on("epayment.get"),
    );
    let before = simulator.clock().now();
    let turned = async {
        loop {
            simulator.advance(Duration::from_secs(1)).await;
            tokio::task::yield_now().await;
        }
    };
    let trickled =
        tokio::select! { it = north.payment("order-0001") => it.text, () = turned => String::new() };
    assert_eq!(trickled, whole);
    let pieces = u32::try_from(whole.len().div_ceil(100)).unwrap();
    assert!(simulator.clock().now() >= before + Duration::from_secs(1) * pieces);
    simulator.shutdown().await;
}

#[tokio::test]
async fn any_error_code_and_shape_can_be_had_by_a_fault() {
    let simulator = simulator().await;
    let north = Client::of(simulator.test(), "100001").await;
    let answer = |status, body: &str| Fault::Answer {
        status,
        content_type: Some("application/problem+json".into()),
        headers: vec![],
        body: body.into(),
        after_effect: false,
    };
    let internal = r#"{"type":"https://httpstatuses.io/500","title":"Internal error","status":"500","traceId":"t","extraDetails":[{"name":"ErrorCode","reason":"3010"}]}"#;
    simulator.test().add_fault(
        Rule::new("3010", answer(500, internal))
            .on("epayment.create")
            .once(),
    );
    let got = north.create(&north.web("order-0001", 1_000)).await;
    assert_eq!(
        (got.status, got.code(), got.text.as_str()),
        (500, Some("3010"), internal)
    );
    assert_eq!(
        north.create(&north.web("order-0001", 1_000)).await.status,
        201,
        "nothing had happened"
    );
    simulator.shutdown().await;
}
