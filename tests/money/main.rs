//! How money moves, told against the simulator on both databases: what leaves, what is answered, and what
//! truly happened.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop at the first surprise"
)]

mod abandon;
mod clocks;
mod crash;
mod crowd;
mod forgetting;
mod hold_ups;
mod horizon;
mod late;
mod lies;
mod plain;
mod receipts;
mod refusals;

use app::{Answered, Progress};
use domain::Reference;
use simulator::{EventName, Fault, Rule};
use testkit::{Kind, World};

/// Tells a story on each database in turn.
async fn on_each(story: impl AsyncFn(&World)) {
    for kind in Kind::ALL {
        story(&World::start(kind).await).await;
    }
}

/// What truly happened to a payment of north's first sales unit.
fn ledger(world: &World, reference: &Reference) -> Vec<(EventName, i64)> {
    world
        .simulator
        .test()
        .ledger_of(world.north.msn.as_str(), reference.as_str())
        .into_iter()
        .map(|effect| (effect.name, effect.amount))
        .collect()
}

/// Vipps goes down: a payment of 1,000, and a capture of 600 under the key `k` that nobody has an answer to.
async fn outage(world: &World) -> (Reference, Answered) {
    let (app, north) = (&world.app, &world.north);
    let reference = north.authorized(app, "acme-shop-1", 1_000).await;
    let rule = Rule::new("down", testkit::down()).on("epayment.*");
    world.simulator.test().add_fault(rule);
    let open = world.finish(north.capture(app, &reference, 600, "k")).await;
    (reference, open.unwrap())
}

/// A capture of 600 under the key `k` that nobody knows the outcome of: its answers went astray by `lost`, and the log
/// cannot be read. Then all is well again.
async fn unknown_capture(world: &World, lost: Fault) -> (Reference, Answered) {
    let (app, north) = (&world.app, &world.north);
    let reference = north.authorized(app, "acme-shop-1", 1_000).await;
    let simulator = world.simulator.test();
    simulator.add_fault(Rule::new("lost", lost).on("epayment.capture"));
    simulator.add_fault(Rule::new("blind", testkit::down()).on("epayment.events"));
    let open = world
        .finish(north.capture(app, &reference, 600, "k"))
        .await
        .unwrap();
    assert_eq!(open.progress, Progress::StillOpen);
    simulator.clear_faults();
    (reference, open)
}

/// How many captures truly happened.
fn captured(world: &World, reference: &Reference) -> usize {
    let ledger = ledger(world, reference);
    let captured = ledger.iter().filter(|(name, _)| *name == EventName::Captured);
    captured.count()
}

/// How often an operation reached the simulator.
fn seen(world: &World, operation: &str) -> usize {
    world
        .simulator
        .test()
        .requests()
        .iter()
        .filter(|seen| seen.operation == Some(operation))
        .count()
}
