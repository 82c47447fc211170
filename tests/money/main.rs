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

use app::Answered;
use domain::Reference;
use simulator::{EventName, Rule};
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
