//! A database in trouble: what cannot be written down does not leave the house, and what has left is settled
//! once, when the database is back.

use std::pin::pin;

use app::jobs::resolve;
use domain::Clock as _;
use outbound::Timeouts;
use simulator::{EventName, Fault, Rule};
use testkit::listener::until;
use testkit::{Answer, Ask, Database, Desk, Gateway, Kind, Setup, SmallDisk, desk, on_both_databases};
use time::Duration;

on_both_databases!(
    a_database_that_is_gone_sends_nothing_and_binds_nothing,
    a_database_that_goes_between_intent_and_call_settles_once_when_it_is_back,
    a_database_that_goes_between_call_and_commit_settles_once_when_it_is_back,
    a_send_that_cannot_be_written_down_does_not_leave,
    on_a_full_disk_every_reported_commit_is_found_and_no_money_moves_twice,
);

const REFERENCE: &str = "database-0001";

/// Waiting for a lock of the database is real time: little of it.
async fn gateway(kind: Kind) -> Gateway {
    let mut setup = Setup::default();
    setup.timeouts = Timeouts {
        connect: std::time::Duration::from_millis(100),
        ..setup.timeouts
    };
    Gateway::set_up(kind, setup).await
}

fn moved(desk: &Desk<'_>, reference: &str, what: EventName) -> Vec<i64> {
    let truth = desk.truth(reference);
    let effects = truth.iter().filter(|(name, _)| *name == what);
    effects.map(|(_, amount)| *amount).collect()
}

fn keys_of(desk: &Desk<'_>, operation: &str) -> std::collections::BTreeSet<Option<String>> {
    let seen = desk.seen(operation, REFERENCE).into_iter();
    seen.map(|it| it.idempotency_key).collect()
}

/// A clear no, that says when to ask again.
fn unavailable(answer: Answer) {
    let answer = answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some(), "{answer}");
    assert_eq!(answer.at("/retryable"), true, "{answer}");
}

/// Everything that has to be written down first.
fn writes<'g>(desk: &Desk<'g>) -> Vec<Ask<'g>> {
    vec![
        desk.create("database-0002", 10_000, "create"),
        desk.capture(REFERENCE, 4_000, "capture"),
        desk.cancel(REFERENCE, "cancel"),
        desk.put_receipt(REFERENCE, &desk::receipt(10_000)),
    ]
}

/// None of [`writes`] has left, and each is done once when it is asked for again.
async fn nothing_left_and_all_is_well(gateway: &Gateway) {
    let desk = gateway.north();
    for (operation, reference) in [
        ("epayment.create", "database-0002"),
        ("epayment.capture", REFERENCE),
        ("epayment.cancel", REFERENCE),
        ("orders.receipt", REFERENCE),
    ] {
        assert!(desk.seen(operation, reference).is_empty(), "{operation} left");
    }
    for ask in writes(&desk) {
        let done = ask.send().await;
        assert!((200..=202).contains(&done.status), "{done}");
        assert!(!done.is_replayed(), "{done}");
    }
    gateway.pass(Duration::seconds(2)).await;
    assert_eq!(moved(&desk, REFERENCE, EventName::Captured), [4_000]);
    assert_eq!(moved(&desk, REFERENCE, EventName::Cancelled), [6_000]);
    assert_eq!(desk.seen("orders.receipt", REFERENCE).len(), 1);
    assert_eq!(desk.truth("database-0002"), [(EventName::Created, 10_000)]);
}

async fn a_database_that_is_gone_sends_nothing_and_binds_nothing(kind: Kind) {
    let gateway = gateway(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized(REFERENCE, 10_000).await;
    let gone = gateway.world.database.gone().await;
    for ask in writes(&desk) {
        unavailable(ask.send().await);
    }
    // Whoever cannot read the registry's version for ten seconds lets nobody in; on SQLite reading goes on.
    gateway.world.advance(Duration::seconds(11)).await;
    let read = gateway.north().payment(REFERENCE).send().await;
    if kind == Kind::Postgres {
        unavailable(read);
        let due = resolve::run_once(&gateway.world.app, gateway.world.clock.now()).await;
        assert!(due.is_err(), "{due:?}");
    } else {
        assert_eq!(read.status, 200, "{read}");
    }
    gateway.world.database.back(gone).await;
    gateway.world.advance(Duration::seconds(2)).await;
    nothing_left_and_all_is_well(&gateway).await;
}

#[tokio::test]
async fn a_postgresql_that_only_lets_read_sends_nothing_and_binds_nothing() {
    let gateway = gateway(Kind::Postgres).await;
    let desk = gateway.north();
    let _ = desk.authorized(REFERENCE, 10_000).await;
    let database = &gateway.world.database;
    database.set("SET default_transaction_read_only = on").await;
    for ask in writes(&desk) {
        unavailable(ask.send().await);
    }
    // What is in the books is still shown.
    let payment = desk.get("/payments").send().await.is(200);
    assert_eq!(payment.text("/data/0/reference"), REFERENCE, "{payment}");
    database.set("RESET default_transaction_read_only").await;
    nothing_left_and_all_is_well(&gateway).await;
}

/// Asks, takes the database away while Vipps has a request of `place` in its hands, and lets it answer.
async fn gone_during(gateway: &Gateway, ask: Ask<'_>, place: &'static str) -> testkit::Gone {
    let world = &gateway.world;
    let simulator = world.simulator.test();
    let slow = Fault::Latency { millis: 2_000 };
    simulator.add_fault(Rule::new("slow", slow).on(place).once());
    let before = simulator.requests().len();
    let has_come = || {
        let seen = simulator.requests().into_iter().skip(before);
        seen.into_iter().any(|it| it.operation == Some(place))
    };
    let mut asked = pin!(ask.now());
    tokio::select! {
        answer = &mut asked => panic!("nothing was slow\n{answer}"),
        () = until(has_come) => {}
    }
    let gone = world.database.gone().await;
    world.advance(Duration::seconds(2)).await;
    unavailable(world.finish(asked).await);
    gone
}

/// Nobody helps, nobody guesses, and when the dead lease is over it is settled.
async fn settled_once(gateway: &Gateway, sends: usize) {
    gateway.pass(Duration::seconds(60)).await;
    let desk = gateway.north();
    assert_eq!(moved(&desk, REFERENCE, EventName::Captured), [4_000]);
    let settled = desk.capture(REFERENCE, 4_000, "k").send().await.is(200);
    assert_eq!(settled.at("/status"), "succeeded", "{settled}");
    assert_eq!(
        settled.at("/payment/aggregate/capturedAmount/value"),
        4_000,
        "{settled}"
    );
    assert_eq!(moved(&desk, REFERENCE, EventName::Captured), [4_000]);
    assert_eq!(desk.seen("epayment.capture", REFERENCE).len(), sends);
    assert_eq!(keys_of(&desk, "epayment.capture").len(), 1);
    // The payment is free for the next one.
    let rest = desk.capture(REFERENCE, 6_000, "rest").send().await.is(200);
    assert_eq!(
        rest.at("/payment/aggregate/capturedAmount/value"),
        10_000,
        "{rest}"
    );
}

async fn a_database_that_goes_between_intent_and_call_settles_once_when_it_is_back(kind: Kind) {
    let gateway = gateway(kind).await;
    let _ = gateway.north().authorized(REFERENCE, 10_000).await;
    // The access token is old: between the intent and the call a new one is fetched.
    gateway.world.advance(Duration::hours(2)).await;
    let desk = gateway.north();
    let capture = desk.capture(REFERENCE, 4_000, "k");
    let gone = gone_during(&gateway, capture, "token.standard").await;
    // The intent was stored, so the call was made.
    assert_eq!(moved(&desk, REFERENCE, EventName::Captured), [4_000]);
    unavailable(desk.capture(REFERENCE, 1_000, "other").send().await);
    gateway.world.database.back(gone).await;
    settled_once(&gateway, 1).await;
}

async fn a_database_that_goes_between_call_and_commit_settles_once_when_it_is_back(kind: Kind) {
    let gateway = gateway(kind).await;
    let _ = gateway.north().authorized(REFERENCE, 10_000).await;
    let desk = gateway.north();
    let capture = desk.capture(REFERENCE, 4_000, "k");
    let gone = gone_during(&gateway, capture, "epayment.capture").await;
    assert_eq!(moved(&desk, REFERENCE, EventName::Captured), [4_000]);
    // Asked again meanwhile, nothing is sent again.
    unavailable(desk.capture(REFERENCE, 4_000, "k").send().await);
    gateway.world.database.back(gone).await;
    settled_once(&gateway, 1).await;
}

async fn a_send_that_cannot_be_written_down_does_not_leave(kind: Kind) {
    let gateway = gateway(kind).await;
    let _ = gateway.north().authorized(REFERENCE, 10_000).await;
    let lost = Rule::new("lost", Fault::ResetBeforeEffect).on("epayment.capture");
    gateway.world.simulator.test().add_fault(lost.once());
    let desk = gateway.north();
    let capture = desk.capture(REFERENCE, 4_000, "k");
    // Lost on its way, so it would be sent again, if that could be written down.
    let gone = gone_during(&gateway, capture, "epayment.capture").await;
    assert_eq!(desk.seen("epayment.capture", REFERENCE).len(), 1);
    assert_eq!(moved(&desk, REFERENCE, EventName::Captured), [0; 0]);
    gateway.world.database.back(gone).await;
    settled_once(&gateway, 2).await;
}

async fn on_a_full_disk_every_reported_commit_is_found_and_no_money_moves_twice(kind: Kind) {
    let Some(small) = SmallDisk::of(kind) else {
        return;
    };
    let database = Database::on_small_disk(kind, &small).await;
    let gateway = Gateway::set_up_on(database, Setup::default().without_limits()).await;
    let name = |nth: usize| format!("full-disk-{nth:04}");
    let ready = 20;
    for nth in 0..ready {
        let _ = gateway.north().authorized(&name(nth), 10_000).await;
    }
    small.fill();
    let mut reported = Vec::new();
    let mut refused = Vec::new();
    // Pages that were half empty take some more; then nothing fits.
    for nth in 0..400 {
        let desk = gateway.north();
        let (key, reference) = (format!("k{nth}"), name(nth));
        let ask = if nth < ready {
            desk.capture(&reference, 4_000, &key)
        } else {
            desk.create(&reference, 10_000, &key)
        };
        let answer = ask.send().await;
        if answer.status == 503 {
            unavailable(answer);
            refused.push(nth);
        } else {
            assert!([200, 201].contains(&answer.status), "{answer}");
            reported.push((nth, answer));
        }
        if refused.len() >= 10 && nth >= ready {
            break;
        }
    }
    assert!(
        refused.len() >= 10,
        "the disk is not full: {} fitted",
        reported.len()
    );
    // The gateway is alive, and shows what it knows.
    let _ = gateway.north().get("").send().await.is(200);
    small.empty();
    gateway.pass(Duration::seconds(120)).await;
    // What was reported is in the files, not only in the memory of who reported it.
    let gateway = gateway.restarted().await;
    let again = async |nth: usize| {
        let desk = gateway.north();
        let (key, reference) = (format!("k{nth}"), name(nth));
        let (ask, done) = if nth < ready {
            (
                desk.capture(&reference, 4_000, &key),
                (EventName::Captured, 4_000),
            )
        } else {
            (
                desk.create(&reference, 10_000, &key),
                (EventName::Created, 10_000),
            )
        };
        let answer = ask.send().await;
        assert!([200, 201].contains(&answer.status), "{answer}");
        assert_eq!(moved(&desk, &reference, done.0), [done.1], "{reference}");
        answer
    };
    for (nth, before) in reported {
        let replayed = again(nth).await;
        assert!(replayed.is_replayed(), "{replayed}");
        assert_eq!(replayed.bytes, before.bytes, "{replayed}");
    }
    for nth in refused {
        let _ = again(nth).await;
    }
    gateway
        .world
        .database
        .close_small(gateway.world.app.store())
        .await;
}
