//! Closing by hand what nobody can settle any more, and what is left of it.

use app::audit::{self, Actor, Chain, Executor};
use app::jobs::{resolve, tell_unknown};
use app::operations::{self, OpenFilter};
use app::{Error, payments};
use domain::operation::Status;
use domain::{Environment, OperationId};
use simulator::{EventName, Fault, Rule};
use testkit::World;
use time::Duration;

use crate::{ledger, on_each};

fn ola() -> Actor {
    Actor::new("Ola Nordmann", Executor::Cli).because("the bank has confirmed that nothing was drawn")
}

fn is_invalid<T>(answer: Result<T, Error>, field: &str) -> bool {
    matches!(answer, Err(Error::Invalid(violations)) if violations[0].field == field)
}

/// A capture that Vipps carries out while neither its answer nor the log ever comes.
async fn unknown_capture(world: &World) -> (domain::Reference, OperationId) {
    let (app, north) = (&world.app, &world.north);
    let reference = north.authorized(app, "acme-shop-1", 1_000).await;
    let test = world.simulator.test();
    test.add_fault(Rule::new("lost", Fault::AnswerLost).on("epayment.capture").once());
    let down = testkit::down();
    test.add_fault(Rule::new("down", down).on("epayment.events"));
    let open = world
        .finish(north.capture(app, &reference, 600, "k"))
        .await
        .unwrap();
    assert_eq!(open.operation.status, Status::Unknown);
    (reference, open.operation.id)
}

#[tokio::test]
async fn an_unknown_operation_is_abandoned_beyond_the_horizon_only_and_its_payment_is_free_again() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let (reference, id) = unknown_capture(world).await;
        assert!(
            is_invalid(operations::abandon(app, &ola(), id).await, "operation"),
            "too early"
        );

        world.advance(app.settings().replay_horizon).await;
        let blank = ola().because(" ");
        assert!(is_invalid(operations::abandon(app, &blank, id).await, "reason"));
        let early = north.refund(app, &reference, 1, "r").await;
        assert!(matches!(early, Err(Error::Unsettled)), "{early:?}");
        let filter = OpenFilter {
            partner: Some(north.id),
            environment: Some(Environment::Test),
            after: None,
        };
        let (open, _) = operations::page_open(app, filter, 10).await.unwrap();
        assert_eq!(open.iter().map(|open| open.id).collect::<Vec<_>>(), [id]);
        assert_eq!(tell_unknown::run_once(app, app.clock().now()).await.unwrap(), 1);

        let abandoned = operations::abandon(app, &ola(), id).await.unwrap();
        assert_eq!(abandoned.status, Status::Abandoned);
        assert_eq!(operations::show(app, id).await.unwrap(), abandoned);
        assert_eq!(tell_unknown::run_once(app, app.clock().now()).await.unwrap(), 0);
        assert!(
            is_invalid(operations::abandon(app, &ola(), id).await, "operation"),
            "once"
        );

        // Nobody sends it again, and other money moves as Vipps' sums allow.
        world.simulator.test().clear_faults();
        world.advance(Duration::hours(2)).await;
        assert_eq!(resolve::run_once(app, app.clock().now()).await.unwrap(), 0);
        let rest = north.capture(app, &reference, 400, "k2").await.unwrap();
        assert_eq!(rest.operation.status, Status::Succeeded);
        let captured: Vec<_> = ledger(world, &reference)
            .into_iter()
            .filter(|(name, _)| *name == EventName::Captured)
            .collect();
        assert_eq!(captured, [(EventName::Captured, 600), (EventName::Captured, 400)]);
        let again = north.capture(app, &reference, 600, "k").await.unwrap();
        assert_eq!(
            (again.operation.id, again.operation.status),
            (id, Status::Abandoned)
        );
    })
    .await;
}

#[tokio::test]
async fn an_abandonment_stands_in_the_audit_and_evidence_that_comes_later_is_announced_once() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let (reference, id) = unknown_capture(world).await;
        world.advance(app.settings().replay_horizon).await;
        operations::abandon(app, &ola(), id).await.unwrap();
        world.simulator.test().clear_faults();
        for _ in 0..2 {
            let caller = north.caller();
            payments::events(app, &caller, &north.msn, &reference)
                .await
                .unwrap();
        }
        let mut entries = Vec::new();
        let keep = |entry: &audit::Entry| {
            if entry.action.starts_with("operation.") {
                entries.push(entry.clone());
            }
            Ok::<_, Error>(())
        };
        audit::export(app, Some(Chain::Partner(north.id)), keep)
            .await
            .unwrap();
        let told: Vec<_> = entries
            .iter()
            .map(|it| (it.actor.as_str(), it.executor.as_str(), it.action.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("Ola Nordmann", "cli", "operation.abandon"),
                ("gateway", "gateway", "operation.find_evidence")
            ]
        );
        assert!(entries.iter().all(|it| it.target == id.to_string()));
        assert!(entries[0].before.contains("\"unknown\"") && entries[0].after.contains("\"abandoned\""));
        assert!(entries[1].after.contains("\"CAPTURED\""), "{}", entries[1].after);
        let report = audit::verify(app, None, &[]).await.unwrap();
        assert_eq!(report.broken, []);
        assert_eq!(
            operations::show(app, id).await.unwrap().status,
            Status::Abandoned,
            "not applied"
        );
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_create_leaves_its_reference_burnt() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = "acme-shop-1".parse().unwrap();
        let down = testkit::down();
        let test = world.simulator.test();
        test.add_fault(Rule::new("down", down).on("epayment.*"));
        let open = world
            .finish(north.create(app, &reference, 1_000, "k"))
            .await
            .unwrap();
        world.advance(app.settings().replay_horizon).await;
        operations::abandon(app, &ola(), open.operation.id).await.unwrap();
        test.clear_faults();
        let again = north.create(app, &reference, 1_000, "k2").await;
        assert!(matches!(again, Err(Error::ReferenceBurnt)), "{again:?}");
    })
    .await;
}
