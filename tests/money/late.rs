//! Payments that come about after their caller has left.

use app::jobs::{decide_late, resolve};
use app::registry::{Orphans, key_sets, sales_units};
use app::{Allowance, App, payments};
use domain::operation::Status;
use domain::{Forwarded, Reference, State};
use simulator::{EventName, Fault, Rule};
use store::registry::KeySetFilter;
use testkit::{Partner, World};
use time::Duration;

use crate::{ledger, on_each, seen};

/// A create that Vipps carries out while nothing of it is heard until the caller has left.
async fn left_behind(world: &World, reference: &Reference, flow: &str) {
    let (app, north) = (&world.app, &world.north);
    let test = world.simulator.test();
    test.add_fault(Rule::new("lost", Fault::AnswerLost).on("epayment.create").once());
    let down = testkit::down();
    test.add_fault(Rule::new("down", down).on("epayment.get"));
    let mut forwarded = Partner::create_of(reference, 1_000);
    let body = String::from_utf8(forwarded.body).unwrap();
    let body = body.replace("WEB_REDIRECT", flow).replace(
        "\"reference\"",
        "\"customer\":{\"phoneNumber\":\"4712345678\"},\"reference\"",
    );
    forwarded = Forwarded {
        body: body.into_bytes(),
        ..forwarded
    };
    let create = payments::Create {
        msn: north.msn.clone(),
        key: format!("create-{reference}").parse().unwrap(),
        forwarded,
        wait: app::Wait {
            until: app.clock().now() + Duration::seconds(15),
        },
        allowance: Allowance::free(),
    };
    let caller = north.caller();
    let open = world
        .finish(payments::create(app, &caller, create))
        .await
        .unwrap();
    assert_eq!(open.operation.status, Status::Unknown);
    test.clear_faults();
    world.advance(Duration::MINUTE).await;
    assert_eq!(resolve::run_once(app, app.clock().now()).await.unwrap(), 1);
}

async fn policy(world: &World, orphans: Orphans) {
    let assigned = sales_units::list(&world.app, Some(world.north.id)).await.unwrap();
    let unit = assigned.iter().find(|it| it.msn == world.north.msn).unwrap();
    let changes = sales_units::Changes {
        orphans: Some(orphans),
        ..sales_units::Changes::default()
    };
    sales_units::set(&world.app, &testkit::operator(), unit.id, changes)
        .await
        .unwrap();
}

async fn decide(world: &World, app: &App) -> usize {
    world
        .finish(decide_late::run_once(app, app.clock().now()))
        .await
        .unwrap()
}

fn names(world: &World, reference: &Reference) -> Vec<EventName> {
    ledger(world, reference)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[tokio::test]
async fn a_push_that_nobody_waits_for_is_cancelled_and_a_link_is_left_alone() {
    on_each(async |world: &World| {
        policy(world, Orphans::CancelPush).await;
        let (push, link) = ("acme-push-1".parse().unwrap(), "acme-link-1".parse().unwrap());
        left_behind(world, &push, "PUSH_MESSAGE").await;
        left_behind(world, &link, "WEB_REDIRECT").await;
        assert_eq!(decide(world, &world.app).await, 2);
        assert_eq!(decide(world, &world.app).await, 0, "once");
        assert_eq!(names(world, &push), [EventName::Created, EventName::Terminated]);
        assert_eq!(names(world, &link), [EventName::Created]);
        assert_eq!(seen(world, "epayment.cancel"), 1);
        let sent = world.simulator.test().requests();
        let cancel = sent
            .iter()
            .find(|seen| seen.operation == Some("epayment.cancel"))
            .unwrap();
        assert_eq!(cancel.body.as_ref(), br#"{"cancelTransactionOnly":true}"#);
        assert!(cancel.idempotency_key.is_some());
    })
    .await;
}

#[tokio::test]
async fn each_sales_unit_has_its_own_policy() {
    on_each(async |world: &World| {
        policy(world, Orphans::Announce).await;
        let (kept, cancelled) = ("acme-push-1".parse().unwrap(), "acme-link-1".parse().unwrap());
        left_behind(world, &kept, "PUSH_MESSAGE").await;
        assert_eq!(decide(world, &world.app).await, 1);
        assert_eq!(names(world, &kept), [EventName::Created]);
        policy(world, Orphans::Cancel).await;
        left_behind(world, &cancelled, "WEB_REDIRECT").await;
        assert_eq!(decide(world, &world.app).await, 1);
        assert_eq!(
            names(world, &cancelled),
            [EventName::Created, EventName::Terminated]
        );
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_was_quicker_keeps_the_payment() {
    on_each(async |world: &World| {
        policy(world, Orphans::Cancel).await;
        let reference = "acme-push-1".parse().unwrap();
        left_behind(world, &reference, "PUSH_MESSAGE").await;
        let (app, north) = (&world.app, &world.north);
        north.approve(app, &reference).await.unwrap();
        assert_eq!(decide(world, app).await, 1);
        let payment = north.get(app, &reference).await.unwrap();
        assert_eq!(payment.payment.state, State::Authorized);
        assert_eq!(
            names(world, &reference),
            [EventName::Created, EventName::Authorized]
        );
    })
    .await;
}

#[tokio::test]
async fn two_processes_that_decide_at_once_send_one_cancel_although_its_answer_is_lost() {
    on_each(async |world: &World| {
        policy(world, Orphans::Cancel).await;
        let reference = "acme-push-1".parse().unwrap();
        left_behind(world, &reference, "PUSH_MESSAGE").await;
        let test = world.simulator.test();
        test.add_fault(Rule::new("lost", Fault::AnswerLost).on("epayment.cancel").once());
        let (one, other) = (world.another_process().await, world.another_process().await);
        let both = async { tokio::join!(decide(world, &one), decide(world, &other)) };
        let (first, second) = both.await;
        assert!(first + second >= 1);
        assert_eq!(decide(world, &world.app).await, 0);
        assert_eq!(
            names(world, &reference),
            [EventName::Created, EventName::Terminated]
        );
        assert_eq!(seen(world, "epayment.cancel"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_cancel_that_vipps_could_not_take_is_sent_again_word_by_word_and_happens_once() {
    on_each(async |world: &World| {
        policy(world, Orphans::Cancel).await;
        let reference = "acme-push-1".parse().unwrap();
        left_behind(world, &reference, "PUSH_MESSAGE").await;
        let (app, test) = (&world.app, world.simulator.test());
        let down = testkit::down();
        test.add_fault(Rule::new("down", down).on("epayment.cancel"));
        // Decided: the operation is stored, and whoever settles what is open sends it again.
        assert_eq!(decide(world, app).await, 1);
        assert_eq!(names(world, &reference), [EventName::Created]);
        test.clear_faults();
        world.advance(Duration::MINUTE).await;
        let settled = resolve::run_once(app, app.clock().now());
        assert_eq!(world.finish(settled).await.unwrap(), 1);
        assert_eq!(
            names(world, &reference),
            [EventName::Created, EventName::Terminated]
        );
        let sent = test.requests();
        let sent: Vec<_> = sent
            .iter()
            .filter(|seen| seen.operation == Some("epayment.cancel"))
            .map(|seen| (seen.idempotency_key.clone().unwrap(), seen.body.clone()))
            .collect();
        assert!(sent.len() >= 2, "{sent:?}");
        assert!(sent.iter().all(|one| *one == sent[0]), "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn a_cancel_that_could_not_leave_is_put_off_and_tried_again() {
    on_each(async |world: &World| {
        policy(world, Orphans::Cancel).await;
        let reference = "acme-push-1".parse().unwrap();
        left_behind(world, &reference, "PUSH_MESSAGE").await;
        let test = world.simulator.test();
        let down = testkit::down();
        test.add_fault(Rule::new("no token", down).on("token.*"));
        let process = world.another_process().await;
        assert_eq!(decide(world, &process).await, 0);
        assert_eq!(seen(world, "epayment.cancel"), 0);
        test.clear_faults();
        assert_eq!(decide(world, &process).await, 0, "not yet");
        world.advance(Duration::MINUTE).await;
        assert_eq!(decide(world, &process).await, 1);
        assert_eq!(
            names(world, &reference),
            [EventName::Created, EventName::Terminated]
        );
    })
    .await;
}

#[tokio::test]
async fn the_cancel_of_a_unit_that_has_no_keys_any_more_is_given_up_after_a_day() {
    on_each(async |world: &World| {
        policy(world, Orphans::Cancel).await;
        let reference = "acme-push-1".parse().unwrap();
        left_behind(world, &reference, "PUSH_MESSAGE").await;
        let (app, by) = (&world.app, testkit::operator());
        let filter = KeySetFilter {
            partner: Some(world.north.id),
            ..KeySetFilter::default()
        };
        for keys in key_sets::list(app, filter).await.unwrap() {
            key_sets::remove(app, &by, keys.id).await.unwrap();
        }
        let due = async || {
            let reader = app.store().read_system("test");
            let at = app.clock().now() + Duration::DAY;
            reader.system().due_late_payments(at, 10).await.unwrap().len()
        };
        for waited in [Duration::ZERO, Duration::hours(23)] {
            world.advance(waited).await;
            assert_eq!(decide(world, app).await, 0);
            assert_eq!(due().await, 1, "the keys may come back");
        }
        world.advance(Duration::hours(2)).await;
        assert_eq!(decide(world, app).await, 1);
        assert_eq!(due().await, 0, "it is tried for ever");
        assert_eq!(seen(world, "epayment.cancel"), 0);
    })
    .await;
}
