//! Clocks that jump by hours, forward and back: no operation waits for them, none is sent again by mistake.

use app::jobs::resolve;
use domain::Reference;
use domain::operation::Status;
use simulator::Fault;
use testkit::World;
use time::Duration;

use crate::{captured, on_each, seen, unknown_capture};

/// A capture of 600 that nobody knows the outcome of. `arrived` = it came about.
async fn unknown(world: &World, arrived: bool) -> Reference {
    let lost = if arrived {
        Fault::AnswerLost
    } else {
        Fault::ResetBeforeEffect
    };
    let (reference, _) = unknown_capture(world, lost).await;
    world.simulator.test().clear_requests();
    reference
}

/// Turns the gateway's clock alone: Vipps' goes on as it does.
fn set(world: &World, by: Duration) {
    world.clock.advance(by);
}

async fn resolve(world: &World) {
    resolve::run_once(&world.app, world.app.clock().now())
        .await
        .unwrap();
}

async fn status(world: &World, reference: &Reference) -> Status {
    let (app, north) = (&world.app, &world.north);
    let answered = world.finish(north.capture(app, reference, 600, "k")).await;
    answered.unwrap().operation.status
}

#[tokio::test]
async fn what_came_about_is_found_at_once_however_the_clock_has_jumped() {
    on_each(async |world: &World| {
        for jump in [Duration::hours(-5), Duration::hours(5)] {
            let world = &World::start(world.database.kind).await;
            let reference = unknown(world, true).await;
            set(world, jump);
            resolve(world).await;
            let reader = world.app.store().read(world.north.id, domain::Environment::Test);
            let record = reader
                .scope()
                .find_payment(assignment(world).await, &reference)
                .await;
            assert_eq!(record.unwrap().unwrap().busy_with, None, "{jump}");
            assert_eq!(status(world, &reference).await, Status::Succeeded, "{jump}");
            assert_eq!(captured(world, &reference), 1, "{jump}");
            assert_eq!(seen(world, "epayment.capture"), 0, "{jump}");
        }
    })
    .await;
}

async fn assignment(world: &World) -> domain::AssignmentId {
    let caller = world.north.caller();
    let unit = world.app.unit(&caller, &world.north.msn).await;
    unit.unwrap().assignment
}

#[tokio::test]
async fn what_did_not_come_about_is_not_sent_again_once_its_age_is_not_known_any_more() {
    on_each(async |world: &World| {
        let reference = unknown(world, false).await;
        set(world, Duration::hours(-3));
        // Until the clock has caught up with the last send, and two hours beyond.
        for _ in 0..30 {
            resolve(world).await;
            set(world, Duration::minutes(10));
        }
        assert_eq!(seen(world, "epayment.capture"), 0);
        assert!(seen(world, "epayment.events") > 5);
        assert_eq!(status(world, &reference).await, Status::Unknown);
        assert_eq!(captured(world, &reference), 0);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_little_changes_nothing() {
    on_each(async |world: &World| {
        let reference = unknown(world, false).await;
        set(world, Duration::minutes(-2));
        for _ in 0..10 {
            world.advance(Duration::seconds(30)).await;
            resolve(world).await;
        }
        assert_eq!(status(world, &reference).await, Status::Succeeded);
        assert_eq!(captured(world, &reference), 1);
    })
    .await;
}
