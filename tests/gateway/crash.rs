//! A process that dies in the middle of a request: the next one on the same database settles it, once.

use http::Method;
use simulator::{EventName, Fault, Rule};
use testkit::listener::until;
use testkit::{Ask, Desk, Gateway, Kind, Process, on_both_databases};
use time::Duration;

on_both_databases!(
    the_next_process_settles_what_the_last_one_began,
    the_next_process_settles_for_whoever_asks_again,
    a_create_that_was_under_way_is_found,
);

const REFERENCE: &str = "crashed-0001";

fn ask<'g>(desk: &Desk<'g>, what: &str) -> Ask<'g> {
    match what {
        "capture" => desk.capture(REFERENCE, 4_000, "crash"),
        "refund" => desk.refund(REFERENCE, 1_000, "crash"),
        _ => desk.cancel(REFERENCE, "crash"),
    }
}

/// A gateway that died while Vipps had its request: before the effect, or after it.
async fn died(kind: Kind, what: &str, after_effect: bool) -> Gateway {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized(REFERENCE, 10_000).await;
    if what == "refund" {
        let _ = desk.capture(REFERENCE, 2_000, "first").send().await.is(200);
    }
    let place = format!("epayment.{what}");
    let simulator = gateway.world.simulator.test();
    // While the request waits at Vipps the process dies; the answer never comes back to it.
    simulator.add_fault(
        Rule::new("slow", Fault::Latency { millis: 20_000 })
            .on(&place)
            .once(),
    );
    if !after_effect {
        simulator.add_fault(Rule::new("lost", Fault::ResetBeforeEffect).on(&place).once());
    }
    let process = Process::start(&gateway);
    process.takes(&ask(&desk, what));
    until(|| desk.seen(&place, REFERENCE).len() == 1).await;
    process.kill();
    gateway.world.advance(Duration::seconds(21)).await;
    assert_eq!(effects(&desk, what), usize::from(after_effect), "{what}");
    gateway
}

fn effects(desk: &Desk<'_>, what: &str) -> usize {
    let name = match what {
        "capture" => EventName::Captured,
        "refund" => EventName::Refunded,
        _ => EventName::Cancelled,
    };
    desk.truth(REFERENCE).iter().filter(|(it, _)| *it == name).count()
}

async fn the_next_process_settles_what_the_last_one_began(kind: Kind) {
    for what in ["capture", "refund", "cancel"] {
        for after_effect in [true, false] {
            let gateway = died(kind, what, after_effect).await;
            gateway.pass(Duration::seconds(110)).await;
            let desk = gateway.north();
            assert_eq!(effects(&desk, what), 1, "{what}, {after_effect}");
            let settled = ask(&desk, what).send().await.is(200);
            assert_eq!(settled.at("/status"), "succeeded", "{what}\n{settled}");
            assert_eq!(effects(&desk, what), 1, "{what}, {after_effect}");
            let sent = desk.seen(&format!("epayment.{what}"), REFERENCE);
            let keys: std::collections::BTreeSet<_> = sent.iter().map(|it| &it.idempotency_key).collect();
            assert_eq!(keys.len(), 1, "{what}: {keys:?}");
        }
    }
}

async fn the_next_process_settles_for_whoever_asks_again(kind: Kind) {
    let gateway = died(kind, "capture", true).await;
    // The dead owner's lease still runs: nobody moves, and nobody guesses.
    let other = gateway
        .north()
        .capture(REFERENCE, 1_000, "other")
        .wait(1)
        .send()
        .await;
    assert_eq!(other.status, 409, "{other}");
    let same = gateway
        .north()
        .capture(REFERENCE, 4_000, "crash")
        .wait(1)
        .send()
        .await;
    let _ = same.is(202);
    gateway.world.advance(Duration::seconds(60)).await;
    let settled = gateway
        .north()
        .capture(REFERENCE, 4_000, "crash")
        .send()
        .await
        .is(200);
    assert_eq!(settled.at("/status"), "succeeded", "{settled}");
    let other = gateway.north().capture(REFERENCE, 1_000, "other").send().await;
    let _ = other.is(200);
    assert_eq!(effects(&gateway.north(), "capture"), 2);
}

async fn a_create_that_was_under_way_is_found(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let slow = Fault::Latency { millis: 20_000 };
    let simulator = gateway.world.simulator.test();
    simulator.add_fault(Rule::new("slow", slow).on("epayment.create").once());
    let process = Process::start(&gateway);
    process.takes(&desk.create(REFERENCE, 10_000, "crash"));
    until(|| desk.seen("epayment.create", REFERENCE).len() == 1).await;
    process.kill();
    gateway.pass(Duration::seconds(110)).await;
    let desk = gateway.north();
    let created = desk.create(REFERENCE, 10_000, "crash").send().await.is(201);
    assert!(created.is_replayed(), "{created}");
    assert_eq!(desk.truth(REFERENCE), [(EventName::Created, 10_000)]);
    assert_eq!(desk.seen("epayment.create", REFERENCE).len(), 1);
    let list = desk
        .ask(Method::GET, &desk.path("/payments"))
        .send()
        .await
        .is(200);
    assert_eq!(list.at("/data").as_array().unwrap().len(), 1, "{list}");
}
