//! What is too old is forgotten, and nothing that somebody may still need.

use app::Error;
use app::jobs::forget;
use domain::Reference;
use domain::operation::Status;
use simulator::EventName;
use testkit::World;
use time::Duration;

use crate::{ledger, on_each, outage};

async fn run(world: &World) -> usize {
    forget::run_once(&world.app, world.app.clock().now())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_key_is_remembered_for_400_days_and_free_afterwards() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = reserved(world).await;
        north.capture(app, &reference, 600, "k").await.unwrap();
        world.advance(Duration::days(400)).await;
        // The times of sending are older than their 90 days; the keys are not older than theirs.
        assert_eq!(run(world).await, 2);
        let again = north.capture(app, &reference, 600, "k").await.unwrap();
        assert!(again.replayed);
        let other = north.capture(app, &reference, 100, "k").await;
        assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");

        world.advance(Duration::MINUTE).await;
        assert_eq!(run(world).await, 2);
        // Vipps has forgotten it as well. This is a new request, long after the time in which Vipps captures.
        let other = north.capture(app, &reference, 100, "k").await.unwrap();
        assert_eq!((other.replayed, other.operation.status), (false, Status::Refused));
        assert_eq!(captured(world, &reference), [600]);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_comes_again_after_its_key_is_forgotten_takes_no_money_twice_while_vipps_remembers() {
    on_each(async |world: &World| {
        let test = world.simulator.test();
        test.set_dials(|dials| dials.keys_remembered_seconds = None);
        let (app, north) = (&world.app, &world.north);
        let reference = reserved(world).await;
        north.capture(app, &reference, 400, "k").await.unwrap();
        world.advance(Duration::days(401)).await;
        run(world).await;
        // The key that Vipps sees is derived from what the operation is: it is the same as then.
        let again = world.finish(north.capture(app, &reference, 400, "k")).await;
        assert_eq!(again.unwrap().operation.status, Status::Succeeded);
        assert_eq!(captured(world, &reference), [400]);
    })
    .await;
}

/// A payment of 1,000 that stays reserved for as long as these tests last.
async fn reserved(world: &World) -> Reference {
    let test = world.simulator.test();
    test.set_dials(|dials| dials.release_at_deadline = false);
    world.north.authorized(&world.app, "acme-shop-1", 1_000).await
}

fn captured(world: &World, reference: &Reference) -> Vec<i64> {
    ledger(world, reference)
        .into_iter()
        .filter(|(name, _)| *name == EventName::Captured)
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn nothing_of_an_operation_that_is_still_open_is_forgotten() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let (reference, open) = outage(world).await;
        assert_eq!(open.operation.status, Status::Unknown);
        world.advance(Duration::days(1_000)).await;
        // The create's key and send are gone, the open capture's are not.
        assert_eq!(run(world).await, 2);
        let other = north.capture(app, &reference, 100, "k").await;
        assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
    })
    .await;
}
