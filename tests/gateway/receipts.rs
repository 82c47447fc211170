//! Receipts go out by themselves, once, and never stand in the way of a sale.

use domain::Clock as _;
use serde_json::json;
use simulator::{EventName, Fault, Rule};
use testkit::{Gateway, Kind, desk, on_both_databases};
use time::Duration;

on_both_databases!(
    a_receipt_is_queued_then_sent,
    a_receipt_is_written_once,
    a_conflict_is_settled_by_reading_what_is_there,
    a_receipt_that_vipps_refuses_says_why_and_may_be_put_again,
    lines_that_do_not_add_up_to_the_payment_are_a_warning,
    a_receipt_never_fails_a_sale,
    a_receipt_outlives_the_process_that_took_it,
    a_receipt_is_checked_line_by_line,
    a_receipt_of_a_unit_that_was_ended_is_given_up_and_the_books_are_free_of_it,
);

async fn a_receipt_is_queued_then_sent(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.created("receipt-0001", 10_000).await;
    let _ = desk
        .receipt("receipt-0001")
        .send()
        .await
        .problem(404, "receipt_not_found");
    let body = desk::receipt(10_000);
    let queued = desk.put_receipt("receipt-0001", &body).send().await.is(202);
    assert_eq!(queued.at("/status"), "queued", "{queued}");
    assert!(desk.seen("orders.receipt", "receipt-0001").is_empty());
    gateway.work().await;
    let sent = desk.receipt("receipt-0001").send().await.is(200);
    assert_eq!(sent.at("/status"), "sent", "{sent}");
    assert_eq!(sent.at("/warnings"), json!([]), "{sent}");
    assert_eq!(sent.at("/receipt"), body, "{sent}");
    let seen = desk.seen("orders.receipt", "receipt-0001");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].body, body.to_string().as_bytes());
    gateway.pass(Duration::seconds(60)).await;
    assert_eq!(desk.seen("orders.receipt", "receipt-0001").len(), 1);
}

async fn a_receipt_is_written_once(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.created("receipt-0001", 10_000).await;
    let (one, other) = (desk::receipt(10_000), desk::receipt(9_000));
    for _ in 0..2 {
        let _ = desk.put_receipt("receipt-0001", &one).send().await.is(202);
        let _ = desk
            .put_receipt("receipt-0001", &other)
            .send()
            .await
            .problem(409, "receipt_written");
        gateway.work().await;
    }
    assert_eq!(desk.seen("orders.receipt", "receipt-0001").len(), 1);
}

async fn a_conflict_is_settled_by_reading_what_is_there(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    for (reference, there, here, status) in [
        ("conflict-0001", 10_000, 10_000, "sent"),
        ("conflict-0002", 9_000, 10_000, "refused"),
    ] {
        // Vipps has a receipt already: it came inside create.
        let mut create = desk::web(reference, 10_000);
        create["receipt"] = desk::receipt(there);
        let created = desk.post("/payments").key(reference).json(&create).send().await;
        let _ = created.is(201);
        let _ = desk
            .put_receipt(reference, &desk::receipt(here))
            .send()
            .await
            .is(202);
        gateway.work().await;
        let told = desk.receipt(reference).send().await.is(200);
        assert_eq!(told.at("/status"), status, "{told}");
        if status == "refused" {
            assert_eq!(told.at("/reason/status"), 409, "{told}");
        }
        gateway.pass(Duration::seconds(30)).await;
        assert_eq!(desk.seen("orders.receipt", reference).len(), 1);
    }
}

async fn a_receipt_that_vipps_refuses_says_why_and_may_be_put_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("refused-0001", 10_000).await;
    let no = Fault::Answer {
        status: 400,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: r#"{"title":"Bad request","detail":"name is too long","instance":"x","invalidParams":[{"name":"orderLines[0].name","reason":"too long"}]}"#.to_owned(),
        after_effect: false,
    };
    let rule = Rule::new("no", no).on("orders.receipt").once();
    gateway.world.simulator.test().add_fault(rule);
    let _ = desk
        .put_receipt("refused-0001", &desk::receipt(10_000))
        .send()
        .await
        .is(202);
    gateway.work().await;
    let told = desk.receipt("refused-0001").send().await.is(200);
    assert_eq!(told.at("/status"), "refused", "{told}");
    assert_eq!(told.at("/reason/status"), 400, "{told}");
    assert!(told.text("/reason/detail").contains("too long"), "{told}");
    gateway.pass(Duration::seconds(60)).await;
    assert_eq!(
        desk.seen("orders.receipt", "refused-0001").len(),
        1,
        "a no was asked again"
    );
    // Another one may be put, and the sale was never touched.
    let _ = desk
        .put_receipt("refused-0001", &desk::receipt(9_000))
        .send()
        .await
        .is(202);
    gateway.work().await;
    let told = desk.receipt("refused-0001").send().await.is(200);
    assert_eq!(told.at("/status"), "sent", "{told}");
    let _ = desk.capture("refused-0001", 10_000, "k").send().await.is(200);
}

async fn lines_that_do_not_add_up_to_the_payment_are_a_warning(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.created("warning-0001", 10_000).await;
    let put = desk
        .put_receipt("warning-0001", &desk::receipt(9_900))
        .send()
        .await
        .is(202);
    assert_eq!(put.at("/warnings/0/field"), "orderLines", "{put}");
    assert_eq!(put.at("/warnings/0/rule"), "sum", "{put}");
    assert_eq!(put.at("/sum/value"), 9_900, "{put}");
    gateway.work().await;
    let told = desk.receipt("warning-0001").send().await.is(200);
    assert_eq!(told.at("/status"), "sent", "{told}");
    assert_eq!(told.at("/warnings/0/rule"), "sum", "{told}");
}

async fn a_receipt_never_fails_a_sale(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    gateway
        .world
        .simulator
        .test()
        .set_dials(|dials| dials.order_management = false);
    let _ = desk.authorized("sale-0001", 10_000).await;
    let _ = desk
        .put_receipt("sale-0001", &desk::receipt(10_000))
        .send()
        .await
        .is(202);
    gateway.work().await;
    let _ = desk.capture("sale-0001", 6_000, "capture").send().await.is(200);
    gateway.work().await;
    let _ = desk.refund("sale-0001", 1_000, "refund").send().await.is(200);
    let _ = desk.cancel("sale-0001", "cancel").send().await.is(200);
    let told = desk.receipt("sale-0001").send().await.is(200);
    assert_ne!(told.at("/status"), "sent", "{told}");
    let names: Vec<_> = desk.truth("sale-0001").into_iter().map(|it| it.0).collect();
    assert!(names.contains(&EventName::Captured) && names.contains(&EventName::Cancelled));
}

async fn a_receipt_outlives_the_process_that_took_it(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = gateway.north().created("outlives-0001", 10_000).await;
    let put = gateway
        .north()
        .put_receipt("outlives-0001", &desk::receipt(10_000));
    let _ = put.send().await.is(202);
    let gateway = gateway.restarted().await;
    gateway.work().await;
    let told = gateway.north().receipt("outlives-0001").send().await.is(200);
    assert_eq!(told.at("/status"), "sent", "{told}");
}

async fn a_receipt_is_checked_line_by_line(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.created("checked-0001", 10_000).await;
    for (pointer, value, field, rule) in [
        (
            "/orderLines/0/taxPercentage",
            json!(25),
            "orderLines[0].taxRate",
            "exactly_one",
        ),
        (
            "/orderLines/0/taxRate",
            json!(null),
            "orderLines[0].taxRate",
            "exactly_one",
        ),
        (
            "/orderLines/0/taxRate",
            json!(10_001),
            "orderLines[0].taxRate",
            "range",
        ),
        (
            "/orderLines/0/totalTaxAmount",
            json!(1),
            "orderLines[0].totalTaxAmount",
            "sum",
        ),
        (
            "/orderLines/0/totalAmount",
            json!(99.5),
            "orderLines[0].totalAmount",
            "integer",
        ),
        (
            "/orderLines/0/totalAmount",
            json!("10000"),
            "orderLines[0].totalAmount",
            "type",
        ),
        (
            "/orderLines/0/name",
            json!(null),
            "orderLines[0].name",
            "required",
        ),
        (
            "/bottomLine/currency",
            json!(null),
            "bottomLine.currency",
            "required",
        ),
        ("/bottomLine", json!([]), "bottomLine", "type"),
        ("/orderLines", json!([]), "orderLines", "length"),
    ] {
        let mut body = desk::receipt(10_000);
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        let _ = desk
            .put_receipt("checked-0001", &body)
            .send()
            .await
            .problem(400, "invalid_request")
            .names(field, rule);
    }
    gateway.work().await;
    assert!(desk.seen("orders.receipt", "checked-0001").is_empty());
    let _ = desk
        .receipt("checked-0001")
        .send()
        .await
        .problem(404, "receipt_not_found");
}

async fn a_receipt_of_a_unit_that_was_ended_is_given_up_and_the_books_are_free_of_it(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("ended-00001", 10_000).await;
    let test = gateway.world.simulator.test();
    test.add_fault(Rule::new("down", testkit::down()).on("orders.receipt"));
    let body = desk::receipt(10_000);
    let _ = desk.put_receipt("ended-00001", &body).send().await.is(202);
    gateway.work().await;
    let app = &gateway.world.app;
    crate::onboarding::end(app, gateway.world.north.id, "100001").await;
    let due = async || {
        let later = gateway.world.clock.now() + Duration::days(30);
        let reader = app.store().read_system("receipts that wait");
        reader.system().due_receipts(later, 10).await.unwrap().len()
    };
    assert_eq!(due().await, 1);
    for _ in 0..180 {
        gateway.world.advance(Duration::MINUTE).await;
        gateway.work().await;
    }
    assert_eq!(due().await, 0, "it is tried for ever");
    let tried = desk.seen("orders.receipt", "ended-00001").len();
    assert!((8..=12).contains(&tried), "{tried} times");
}
