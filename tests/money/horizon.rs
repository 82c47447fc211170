//! What is decided at one moment and done at a later one: whatever was waited for in between, nothing is sent again
//! after its time, and nothing is taken for lost before Vipps has had its time.

use app::jobs::resolve;
use app::money::{Body, Books, Intent, Request, intend, send};
use domain::operation::Status;
use domain::{Clock as _, Environment, OperationId, Outcome, Reference};
use simulator::{Fault, Rule};
use store::money::Operation;
use testkit::World;
use testkit::listener::until;
use time::{Duration, OffsetDateTime};

use crate::{captured, on_each, seen, unknown_capture};

async fn operation(world: &World, id: OperationId) -> Operation {
    let reader = world.app.store().read(world.north.id, Environment::Test);
    reader.scope().find_operation(id).await.unwrap().unwrap()
}

/// A capture of 600 that did not come about and of which nobody knows, sent first an hour ago but for `left`.
async fn unknown(world: &World, left: Duration) -> (Reference, Operation) {
    let (reference, open) = unknown_capture(world, Fault::ResetBeforeEffect).await;
    let open = operation(world, open.operation.id).await;
    let until = open.sent.first + world.app.settings().replay_horizon - left;
    world.advance(until - world.clock.now()).await;
    world.simulator.test().clear_requests();
    (reference, open)
}

/// When captures reached Vipps.
fn captures(world: &World) -> Vec<OffsetDateTime> {
    let requests = world.simulator.test().requests();
    let captures = requests
        .iter()
        .filter(|seen| seen.operation == Some("epayment.capture"));
    captures.map(|seen| seen.at).collect()
}

/// Until `done`, or for so long that everybody else has had their turn.
async fn while_others_run(mut done: impl FnMut() -> bool) {
    for _ in 0..20_000 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn answer(status: u16) -> Fault {
    Fault::Answer {
        status,
        content_type: None,
        headers: Vec::new(),
        body: String::new(),
        after_effect: false,
    }
}

/// How often a rule has struck, by its place.
fn struck(world: &World, place: usize) -> u32 {
    world.simulator.test().faults()[place].1
}

#[tokio::test]
async fn a_pause_that_vipps_asks_for_takes_no_repetition_past_the_horizon() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let (reference, open) = unknown(world, Duration::seconds(33)).await;
        let slow_down = Fault::TooManyRequests {
            retry_after: Some(12),
        };
        world
            .simulator
            .test()
            .add_fault(Rule::new("slow down", slow_down).on("epayment.capture"));
        let patient = testkit::Partner {
            patience: Duration::seconds(36),
            ..north.clone()
        };
        let asked = world.finish_turning(Duration::seconds(20), patient.capture(app, &reference, 600, "k"));
        let answered = asked.await.unwrap();
        assert_eq!(answered.operation.status, Status::Unknown);
        let horizon = open.sent.first + app.settings().replay_horizon;
        let captures = captures(world);
        assert!(!captures.is_empty(), "it was within its time");
        assert!(
            captures.iter().all(|at| *at < horizon),
            "{captures:?} after {horizon}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_repetition_that_waits_for_a_token_does_not_leave_after_the_horizon() {
    on_each(async |world: &World| {
        let app = &world.app;
        let (reference, open) = unknown(world, Duration::seconds(10)).await;
        // The token at hand is refused, and Vipps takes its time to give another.
        let simulator = world.simulator.test();
        simulator.add_fault(Rule::new("slow", Fault::Latency { millis: 20_000 }).on("token.*"));
        simulator.add_fault(Rule::new("refused", answer(401)).on("epayment.capture").once());
        let mut round = Box::pin(resolve::run_once(app, app.clock().now()));
        let taken = tokio::select! {
            taken = &mut round => taken,
            () = until(|| struck(world, 0) > 0) => {
                world.advance(Duration::seconds(21)).await;
                round.await
            }
        };
        assert_eq!(taken.unwrap(), 1);
        let horizon = open.sent.first + app.settings().replay_horizon;
        let captures = captures(world);
        assert!(
            captures.iter().all(|at| *at < horizon),
            "{captures:?} after {horizon}"
        );
        assert_eq!(captured(world, &reference), 0);
    })
    .await;
}

#[tokio::test]
async fn a_repetition_that_waits_for_the_database_does_not_leave_after_the_horizon() {
    // The writers of one database stand in line; on the other the row of the payment is what is waited for.
    let world = &World::start(testkit::Kind::Sqlite).await;
    let (reference, _) = unknown(world, Duration::seconds(35)).await;
    let app = &world.app;
    let before = world.clock.now();
    let round = resolve::run_once(app, before);
    let another = async {
        // The look before is over, and the repetition is about to be stored.
        while_others_run(|| seen(world, "epayment.events") > 0).await;
        let tx = app.store().begin_system("test: a slow writer").await.unwrap();
        while_others_run(|| false).await;
        world.advance(Duration::seconds(10)).await;
        tx.rollback().await.unwrap();
    };
    let (taken, ()) = tokio::join!(round, another);
    assert_eq!(taken.unwrap(), 1);
    let late = before + Duration::seconds(5);
    let captures = captures(world);
    assert!(captures.iter().all(|at| *at < late), "{captures:?} after {late}");
    assert_eq!(captured(world, &reference), captures.len());
}

async fn resolved(world: &World, id: OperationId, after: Duration) -> Status {
    world.advance(after).await;
    resolve::run_once(&world.app, world.app.clock().now())
        .await
        .unwrap();
    operation(world, id).await.status
}

#[tokio::test]
async fn a_create_that_left_late_is_given_its_minute_from_then() {
    on_each(async |world: &World| {
        let north = &world.north;
        let app = &world.another_process().await;
        let reference: Reference = "acme-shop-1".parse().unwrap();
        let simulator = world.simulator.test();
        simulator.add_fault(Rule::new("slow", Fault::Latency { millis: 20_000 }).on("token.*"));
        simulator.add_fault(Rule::new("lost", Fault::ResetBeforeEffect).on("epayment.create"));
        let begun = world.clock.now();
        let time_passes = async {
            until(|| struck(world, 0) > 0).await;
            world.advance(Duration::seconds(16)).await;
            while_others_run(|| false).await;
            world.advance(Duration::seconds(5)).await;
        };
        let (open, ()) = tokio::join!(north.create(app, &reference, 600, "k"), time_passes);
        let id = open.unwrap().operation.id;
        app.tasks().close();
        world.finish(app.tasks().wait()).await;
        simulator.clear_faults();
        let left = simulator
            .requests()
            .iter()
            .find(|seen| seen.operation == Some("epayment.create"))
            .unwrap()
            .at;
        assert!(left >= begun + Duration::seconds(20), "{left}");
        let to = |at: OffsetDateTime| at - world.clock.now();
        assert!(
            resolved(world, id, to(left + Duration::seconds(30)))
                .await
                .is_open()
        );
        // A minute after it was stored, and not yet one after it left.
        assert!(
            resolved(world, id, to(left + Duration::seconds(59)))
                .await
                .is_open()
        );
        let mut status = resolved(world, id, to(left + Duration::seconds(62))).await;
        for _ in 0..4 {
            status = resolved(world, id, Duration::seconds(15)).await;
        }
        assert_eq!(status, Status::NotCreated);
    })
    .await;
}

#[tokio::test]
async fn a_create_of_a_process_that_died_is_given_its_minute_from_the_last_moment_at_which_it_could_leave() {
    on_each(async |world: &World| {
        let north = &world.north;
        let dying = world.another_process().await;
        let reference: Reference = "acme-shop-1".parse().unwrap();
        let like = north.capture_of(&dying, &reference, 600, "k");
        let request = app::payments::requested(&dying, &north.caller(), like)
            .await
            .unwrap();
        let request = Request {
            body: Body::Create(testkit::Partner::create_of(&reference, 600)),
            ..request
        };
        let Intent::Begun(begun) = intend(&dying, &request, Books::AsTheyAre).await.unwrap() else {
            panic!("begun")
        };
        let lost = Rule::new("lost", Fault::ResetBeforeEffect).on("epayment.create");
        world.simulator.test().add_fault(lost);
        let outcome = send(&dying, &begun.unit, &begun.held, &begun.operation.envelope).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        world.simulator.test().clear_faults();
        drop(dying);
        let id = begun.operation.id;
        let to = |at: OffsetDateTime| at - world.clock.now();
        assert!(
            resolved(world, id, to(begun.held.until + Duration::SECOND))
                .await
                .is_open()
        );
        assert!(resolved(world, id, Duration::seconds(20)).await.is_open());
        assert!(
            resolved(world, id, to(begun.held.until + Duration::seconds(59)))
                .await
                .is_open()
        );
        let mut status = Status::Pending;
        for _ in 0..4 {
            status = resolved(world, id, Duration::seconds(20)).await;
        }
        assert_eq!(status, Status::NotCreated);
    })
    .await;
}

#[tokio::test]
async fn a_create_whose_payment_was_read_meanwhile_came_about_though_vipps_says_404_now() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference: Reference = "acme-shop-1".parse().unwrap();
        let simulator = world.simulator.test();
        simulator.add_fault(Rule::new("lost", Fault::AnswerLost).on("epayment.create").once());
        simulator.add_fault(Rule::new("blind", testkit::down()).on("epayment.get"));
        let open = world
            .finish(north.create(app, &reference, 600, "k"))
            .await
            .unwrap();
        simulator.clear_faults();
        // Somebody reads it.
        north.get(app, &reference).await.unwrap();
        simulator.add_fault(Rule::new("behind", answer(404)).on("epayment.get"));
        for _ in 0..6 {
            let status = resolved(world, open.operation.id, Duration::seconds(30)).await;
            assert!(status.is_open(), "{status:?}");
        }
        simulator.clear_faults();
        let mut status = Status::Unknown;
        for _ in 0..4 {
            status = resolved(world, open.operation.id, Duration::minutes(2)).await;
        }
        assert_eq!(status, Status::Succeeded);
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_to_end_takes_up_no_more() {
    on_each(async |world: &World| {
        let app = &world.app;
        let (_, open) = unknown(world, Duration::minutes(30)).await;
        app.shutdown().cancel();
        assert_eq!(resolve::run_once(app, app.clock().now()).await.unwrap(), 0);
        assert_eq!(world.simulator.test().requests().len(), 0);
        // Nor is it held against whoever comes next.
        let other = world.another_process().await;
        assert_eq!(resolve::run_once(&other, other.clock().now()).await.unwrap(), 1);
        assert_eq!(operation(world, open.id).await.status, Status::Succeeded);
    })
    .await;
}
