//! What is too old is forgotten, and nothing that somebody may still need.

use app::Error;
use app::jobs::forget;
use domain::operation::Status;
use simulator::{EventName, Fault, Rule};
use testkit::World;
use time::Duration;

use crate::{ledger, on_each};

async fn run(world: &World) -> usize {
    forget::run_once(&world.app, world.app.clock().now())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_key_is_remembered_for_400_days_and_free_afterwards() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
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
        let other = north.capture(app, &reference, 100, "k").await;
        assert!(!matches!(other, Err(Error::KeyReused)), "{other:?}");
        let captured = |(name, _): &(EventName, i64)| *name == EventName::Captured;
        let taken = ledger(world, &reference).into_iter().filter(captured);
        assert!(taken.count() <= 2);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_comes_again_after_its_key_is_forgotten_takes_no_money_twice() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        north.capture(app, &reference, 400, "k").await.unwrap();
        world.advance(Duration::days(401)).await;
        run(world).await;
        let _again = world.finish(north.capture(app, &reference, 400, "k")).await;
        // The key that Vipps sees is derived from what the operation is: it is the same as then.
        let taken: Vec<_> = ledger(world, &reference)
            .into_iter()
            .filter(|(name, _)| *name == EventName::Captured)
            .collect();
        assert_eq!(taken, [(EventName::Captured, 400)]);
    })
    .await;
}

#[tokio::test]
async fn nothing_of_an_operation_that_is_still_open_is_forgotten() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let down = Fault::ServerError {
            status: 503,
            after_effect: false,
        };
        world
            .simulator
            .test()
            .add_fault(Rule::new("down", down).on("epayment.*"));
        let open = world
            .finish(north.capture(app, &reference, 600, "k"))
            .await
            .unwrap();
        assert_eq!(open.operation.status, Status::Unknown);
        world.advance(Duration::days(1_000)).await;
        // The create's key and send are gone, the open capture's are not.
        assert_eq!(run(world).await, 2);
        let other = north.capture(app, &reference, 100, "k").await;
        assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
    })
    .await;
}
