//! Bodies go after their time or on a customer's request; what partners ask afterwards is answered from the facts.

use app::registry::retention;
use app::{customers, jobs};
use domain::{Clock as _, Secret};
use http::Method;
use serde_json::json;
use testkit::desk::{receipt, web};
use testkit::{Answer, Desk, Gateway, Kind, on_both_databases};
use time::Duration;

on_both_databases!(
    after_the_retention_a_replay_is_answered_from_the_facts,
    an_erased_customer_leaves_the_facts_and_nobody_else_is_touched,
    a_customer_whose_number_only_vipps_told_is_found_and_erased,
);

async fn create(desk: &Desk<'_>, reference: &str, phone: &str) -> Answer {
    let mut body = web(reference, 49_900);
    body["customer"] = json!({"phoneNumber": phone});
    let ask = desk
        .post("/payments")
        .key(&format!("create-{reference}"))
        .json(&body);
    ask.send().await.is(201)
}

async fn bought(desk: &Desk<'_>, reference: &str, phone: &str) -> Answer {
    let _ = create(desk, reference, phone).await;
    let _ = desk.approve(reference).send().await.is(200);
    let _ = desk.put_receipt(reference, &receipt(49_900)).send().await.is(202);
    let captured = desk.capture(reference, 49_900, &format!("capture-{reference}"));
    captured.send().await.is(200)
}

async fn after_the_retention_a_replay_is_answered_from_the_facts(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (world, north) = (&gateway.world, gateway.north());
    let captured = bought(&north, "acme-order-1", "4712345678").await;
    let _ = bought(&gateway.south(), "other-order-1", "4712345678").await;
    gateway.work().await;
    retention::set(&world.app, &testkit::operator(), world.north.id, Some(30))
        .await
        .unwrap();

    world.advance(Duration::days(29)).await;
    let round = jobs::forget_bodies::run_once(&world.app, world.clock.now());
    assert_eq!(world.finish(round).await.unwrap(), 0);
    world.advance(Duration::days(2)).await;
    let round = jobs::forget_bodies::run_once(&world.app, world.clock.now());
    // Create and capture, the receipt, the payment: north's alone.
    assert_eq!(world.finish(round).await.unwrap(), 4);
    let round = jobs::forget_bodies::run_once(&world.app, world.clock.now());
    assert_eq!(world.finish(round).await.unwrap(), 0);

    let north = gateway.north();
    let replayed = north
        .capture("acme-order-1", 49_900, "capture-acme-order-1")
        .send()
        .await;
    assert_eq!(replayed.status, 200, "{replayed}");
    assert_eq!(
        replayed.header("idempotency-replayed"),
        Some("true"),
        "{replayed}"
    );
    for fact in ["/id", "/status", "/amount/value"] {
        assert_eq!(replayed.at(fact), captured.at(fact), "{fact}: {replayed}");
    }
    let other = north
        .capture("acme-order-1", 1, "capture-acme-order-1")
        .send()
        .await;
    assert_eq!(other.status, 422, "{other}");
    let operation = north
        .operation("acme-order-1", &captured.text("/id"))
        .send()
        .await;
    assert_eq!(operation.status, 200, "{operation}");
    let receipt = north.receipt("acme-order-1").send().await;
    assert_eq!(receipt.status, 200, "{receipt}");
    let listed = north.ask(Method::GET, &north.path("/payments")).send().await;
    assert_eq!(listed.status, 200, "{listed}");
    let again = north.payment("acme-order-1").send().await;
    assert_eq!(
        again.at("/aggregate/capturedAmount/value"),
        json!(49_900),
        "{again}"
    );
    assert_eq!(north.truth("acme-order-1").len(), 3);
}

async fn an_erased_customer_leaves_the_facts_and_nobody_else_is_touched(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (world, north) = (&gateway.world, gateway.north());
    let _ = bought(&north, "acme-order-1", "4712345678").await;
    let _ = bought(&north, "acme-order-2", "4787654321").await;
    let _ = bought(&gateway.south(), "other-order-1", "4712345678").await;
    let phone = Secret::new("+47 12 34 56 78");
    let early = customers::erase(&world.app, &testkit::operator(), world.north.id, &phone)
        .await
        .unwrap();
    assert_eq!(
        (early.payments, early.open.len()),
        (0, 1),
        "its receipt is on its way"
    );
    gateway.work().await;

    let erased = customers::erase(&world.app, &testkit::operator(), world.north.id, &phone)
        .await
        .unwrap();
    assert_eq!((erased.payments, erased.operations, erased.receipts), (1, 2, 1));
    assert!(erased.open.is_empty());
    let again = customers::erase(&world.app, &testkit::operator(), world.north.id, &phone)
        .await
        .unwrap();
    assert_eq!(again, customers::Erasure::default());

    let replayed = north
        .capture("acme-order-1", 49_900, "capture-acme-order-1")
        .send()
        .await;
    assert_eq!(
        (replayed.status, replayed.header("idempotency-replayed")),
        (200, Some("true")),
        "{replayed}"
    );
    let read = north.payment("acme-order-1").send().await.is(200);
    assert_eq!(
        read.at("/aggregate/capturedAmount/value"),
        json!(49_900),
        "{read}"
    );
    // The other customer, and the other partner's, are whole.
    let other = north.receipt("acme-order-2").send().await.is(200);
    assert_ne!(other.at("/receipt/orderLines"), json!(null), "{other}");
    let found = customers::erase(&world.app, &testkit::operator(), world.south.id, &phone)
        .await
        .unwrap();
    assert_eq!(found.payments + u64::try_from(found.open.len()).unwrap(), 1);
}

async fn a_customer_whose_number_only_vipps_told_is_found_and_erased(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (world, north) = (&gateway.world, gateway.north());
    let phone = Secret::new("+47 12 34 56 78");
    let mut body = web("acme-order-1", 49_900);
    body["profile"] = json!({"scope": "name phoneNumber"});
    let made = north.post("/payments").key("create-1").json(&body).send().await;
    assert_eq!(made.status, 201, "{made}");
    let _ = north.approve("acme-order-1").send().await.is(200);
    let read = north.payment("acme-order-1").send().await.is(200);
    assert_eq!(
        read.at("/vipps/userDetails/mobileNumber"),
        json!("4712345678"),
        "{read}"
    );
    // One that was made elsewhere, and is taken over by reading it.
    let mut elsewhere = web("acme-order-2", 100);
    elsewhere["profile"] = json!({"scope": "phoneNumber"});
    let beside = world.beside_another_database().await;
    let second = app::payments::Create {
        msn: beside.north.msn.clone(),
        key: "create-2".parse().unwrap(),
        forwarded: domain::Forwarded {
            body: elsewhere.to_string().into_bytes(),
            ..testkit::Partner::create_of(&"acme-order-2".parse().unwrap(), 100)
        },
        wait: app::Wait {
            until: world.clock.now() + Duration::seconds(15),
        },
        allowance: app::Allowance::free(),
    };
    let caller = beside.north.caller();
    let made = world
        .finish(app::payments::create(&beside.app, &caller, second))
        .await;
    assert!(made.is_ok(), "{made:?}");
    let _ = north.approve("acme-order-2").send().await.is(200);

    let erased = customers::erase(&world.app, &testkit::operator(), world.north.id, &phone)
        .await
        .unwrap();
    assert_eq!((erased.payments, erased.open.len()), (2, 0), "{erased:?}");
    // What Vipps tells from now on is neither kept nor noted.
    let read = north.payment("acme-order-1").send().await.is(200);
    assert_eq!(read.at("/state"), json!("AUTHORIZED"), "{read}");
    let captured = north.capture("acme-order-1", 49_900, "take-1").send().await;
    assert_eq!(captured.status, 200, "{captured}");
    let _ = north.payment("acme-order-1").send().await.is(200);
    let again = customers::erase(&world.app, &testkit::operator(), world.north.id, &phone)
        .await
        .unwrap();
    assert_eq!(again, customers::Erasure::default());
}
