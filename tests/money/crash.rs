//! Days on which processes die and answers are lost: each operation happens once, and the books find out.

use app::jobs::resolve;
use app::money::{Books, Intent, intend, send};
use app::{Answered, App, Progress};
use domain::operation::Status;
use domain::{Outcome, Reference};
use simulator::{EventName, Fault, Rule};
use testkit::World;
use time::Duration;

use crate::{ledger, on_each, outage, seen};

async fn operation(world: &World, app: &App, answered: &Answered) -> Answered {
    let north = &world.north;
    let reference = &answered.operation.reference;
    app::operations::get(app, &north.caller(), &north.msn, reference, answered.operation.id)
        .await
        .unwrap()
}

fn captures(world: &World, reference: &Reference) -> Vec<i64> {
    ledger(world, reference)
        .into_iter()
        .filter(|(name, _)| *name == EventName::Captured)
        .map(|(_, amount)| amount)
        .collect()
}

#[tokio::test]
async fn a_capture_whose_answer_is_lost_is_settled_by_its_event() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let lost = Rule::new("lost", Fault::AnswerLost).on("epayment.capture").once();
        world.simulator.test().add_fault(lost);
        let captured = north.capture(app, &reference, 600, "k").await.unwrap();
        assert_eq!(captured.operation.status, Status::Succeeded);
        assert_eq!(captured.payment.unwrap().payment.aggregate.captured, 600);
        assert_eq!(captures(world, &reference), [600]);
        assert_eq!(seen(world, "epayment.capture"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_capture_that_never_arrived_is_sent_again_with_the_same_bytes_and_key() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let reset = Rule::new("reset", Fault::ResetBeforeEffect)
            .on("epayment.capture")
            .once();
        world.simulator.test().add_fault(reset);
        let captured = world
            .finish(north.capture(app, &reference, 600, "k"))
            .await
            .unwrap();
        assert_eq!(captured.operation.status, Status::Succeeded);
        assert_eq!(captures(world, &reference), [600]);
        let sent: Vec<_> = world
            .simulator
            .test()
            .requests()
            .into_iter()
            .filter(|seen| seen.operation == Some("epayment.capture"))
            .collect();
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0].idempotency_key, sent[1].idempotency_key);
        assert_eq!(sent[0].body, sent[1].body);
    })
    .await;
}

#[tokio::test]
async fn a_process_that_dies_between_any_two_steps_leaves_an_operation_that_the_next_one_settles_once() {
    on_each(async |world: &World| {
        let north = &world.north;
        for (number, dies_after) in ["intend", "send"].into_iter().enumerate() {
            let reference = north
                .authorized(&world.app, &format!("acme-shop-{number}"), 1_000)
                .await;
            let dying = world.another_process().await;
            let key = format!("k{number}");
            let capture = north.capture_of(&dying, &reference, 600, &key);
            let request = app::payments::requested(&dying, &north.caller(), capture)
                .await
                .unwrap();
            let Intent::Begun(begun) = intend(&dying, &request, Books::AsTheyAre).await.unwrap() else {
                panic!("begun")
            };
            if dies_after == "send" {
                let outcome = send(&dying, &begun.unit, &begun.held, &begun.operation.envelope).await;
                assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
            }
            drop(dying);
            let app = world.another_process().await;
            // Before the lease is over nobody touches it.
            assert_eq!(resolve::run_once(&app, app.clock().now()).await.unwrap(), 0);
            world.advance(app.settings().lease + Duration::SECOND).await;
            let mut rounds = 0;
            loop {
                resolve::run_once(&app, app.clock().now()).await.unwrap();
                let reader = app.store().read(north.id, domain::Environment::Test);
                let found = reader.scope().find_operation(begun.operation.id).await.unwrap();
                if found.unwrap().status == Status::Succeeded {
                    break;
                }
                rounds += 1;
                assert!(rounds < 10, "after {dies_after}");
                world.advance(Duration::seconds(30)).await;
            }
            assert_eq!(captures(world, &reference), [600], "after {dies_after}");
            let again = north.capture(&app, &reference, 600, &key).await.unwrap();
            assert!(again.replayed);
            assert_eq!(captures(world, &reference), [600], "after {dies_after}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hang_up_ends_the_waiting_and_never_the_work() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let mut calls = Vec::new();
        for number in 0..20 {
            let capture = north.capture_of(app, &reference, 10, &format!("k{number}"));
            let (app, caller) = (app.clone(), north.caller());
            calls.push(async move { app::payments::capture(&app, &caller, capture).await });
        }
        // Each handler is polled once, which starts its task, and dropped.
        for call in calls {
            let mut call = Box::pin(call);
            tokio::select! {
                biased;
                _ = &mut call => {}
                () = std::future::ready(()) => {}
            }
        }
        app.tasks().close();
        world.finish(app.tasks().wait()).await;
        let captured = captures(world, &reference).len();
        let view = north.get(app, &reference).await.unwrap();
        assert_eq!(
            view.payment.aggregate.captured,
            10 * i64::try_from(captured).unwrap()
        );
        // The budget of four a minute holds; whoever had begun has ended.
        assert_eq!(captured, 4);
        let due = app.store().read_system("test");
        assert_eq!(due.system().next_operation_due().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_outage_longer_than_the_wait_answers_open_and_is_settled_when_vipps_is_back() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let (reference, open) = outage(world).await;
        assert_eq!(open.progress, Progress::StillOpen);
        assert_eq!(open.operation.status, Status::Unknown);
        // Other money waits, and is told why.
        let other = world.finish(north.capture(app, &reference, 100, "other")).await;
        assert!(matches!(other, Err(app::Error::Unsettled)), "{other:?}");
        for _ in 0..20 {
            world.advance(Duration::seconds(30)).await;
            resolve::run_once(app, app.clock().now()).await.unwrap();
        }
        assert!(captures(world, &reference).is_empty());
        world.simulator.test().clear_faults();
        for _ in 0..2 {
            world.advance(Duration::seconds(30)).await;
            resolve::run_once(app, app.clock().now()).await.unwrap();
        }
        assert_eq!(
            operation(world, app, &open).await.operation.status,
            Status::Succeeded
        );
        assert_eq!(captures(world, &reference), [600]);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sent_again_after_the_horizon_and_the_operation_stays_unknown() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let (reference, open) = outage(world).await;
        world.advance(Duration::minutes(61)).await;
        world.simulator.test().clear_faults();
        world.simulator.test().clear_requests();
        for _ in 0..30 {
            resolve::run_once(app, app.clock().now()).await.unwrap();
            world.advance(Duration::minutes(5)).await;
        }
        assert_eq!(seen(world, "epayment.capture"), 0);
        assert!(seen(world, "epayment.events") > 2);
        assert_eq!(
            operation(world, app, &open).await.operation.status,
            Status::Unknown
        );
        // Reads go on.
        north.get(app, &reference).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_create_that_never_came_about_burns_its_reference() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = "acme-shop-1".parse().unwrap();
        let reset = Rule::new("reset", Fault::ResetBeforeEffect).on("epayment.create");
        world.simulator.test().add_fault(reset);
        let open = world
            .finish(north.create(app, &reference, 600, "k"))
            .await
            .unwrap();
        assert_eq!(open.progress, Progress::StillOpen);
        let sent = seen(world, "epayment.create");
        world.simulator.test().clear_faults();
        for _ in 0..4 {
            world.advance(Duration::seconds(30)).await;
            resolve::run_once(app, app.clock().now()).await.unwrap();
        }
        // Nobody waited any longer, so it was not sent again.
        assert_eq!(seen(world, "epayment.create"), sent);
        assert_eq!(
            operation(world, app, &open).await.operation.status,
            Status::NotCreated
        );
        let again = north.create(app, &reference, 600, "another").await;
        assert!(matches!(again, Err(app::Error::ReferenceBurnt)), "{again:?}");
        assert!(ledger(world, &reference).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_by_reading() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = "acme-shop-1".parse().unwrap();
        let lost = Rule::new("lost", Fault::AnswerLost).on("epayment.create").once();
        world.simulator.test().add_fault(lost);
        let created = world
            .finish(north.create(app, &reference, 600, "k"))
            .await
            .unwrap();
        assert_eq!(created.operation.status, Status::Succeeded);
        assert_eq!(ledger(world, &reference), [(EventName::Created, 600)]);
        assert_eq!(seen(world, "epayment.create"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_create_is_not_sent_again_for_a_caller_who_wants_something_else() {
    on_each(async |world: &World| {
        let app = &world.app;
        let reference = "acme-shop-1".parse().unwrap();
        let simulator = world.simulator.test();
        // Sent once and never arrived, and nothing can be read: the budget for sending again is there.
        let reset = Rule::new("reset", Fault::ResetBeforeEffect).on("epayment.create");
        simulator.add_fault(reset.once());
        let down = testkit::down();
        simulator.add_fault(Rule::new("blind", down).on("epayment.get"));
        let open = world
            .finish(world.north.create(app, &reference, 600, "k"))
            .await
            .unwrap();
        assert_eq!(open.progress, Progress::StillOpen);
        assert_eq!(seen(world, "epayment.create"), 1);
        simulator.clear_faults();
        simulator.clear_requests();
        world.advance(Duration::seconds(5)).await;
        let other = world
            .finish(world.north.create(app, &reference, 600, "another"))
            .await;
        assert!(matches!(other, Err(app::Error::Unsettled)), "{other:?}");
        assert_eq!(seen(world, "epayment.create"), 0);
        assert!(ledger(world, &reference).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_request_that_could_not_read_the_books_in_its_time_is_told_so_and_moves_nothing_later() {
    on_each(async |world: &World| {
        let reference = world.north.authorized(&world.app, "acme-shop-1", 1_000).await;
        let fresh = world.beside_another_database().await;
        let slow = Rule::new("slow", Fault::Latency { millis: 40_000 }).on("epayment.get");
        world.simulator.test().add_fault(slow);
        let call = fresh.north.capture(&fresh.app, &reference, 600, "k");
        let time_passes = async {
            while world.simulator.test().faults()[0].1 == 0 {
                tokio::task::yield_now().await;
            }
            world.advance(Duration::seconds(16)).await;
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            world.advance(Duration::seconds(30)).await;
        };
        let (told, ()) = tokio::join!(call, time_passes);
        assert!(
            matches!(told, Err(app::Error::VippsUnavailable { .. })),
            "{told:?}"
        );
        fresh.app.tasks().close();
        world.finish(fresh.app.tasks().wait()).await;
        assert!(captures(world, &reference).is_empty());
    })
    .await;
}
