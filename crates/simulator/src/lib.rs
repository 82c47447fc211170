//! Vipps `MobilePay` in a box: an independent server with Vipps' rules, state, faults and clock.
//! It knows nothing of the gateway and shares no type with it.
//!
//! # For embedding code and `nordbro simulator`
//!
//! [`Simulator::start`] takes [`Options`] (address, two ports, clock mode, seed number, and the
//! parsed seed file) and gives two [`World`]s, `test` and `production`, each on its own port.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use nordbro_simulator::{Options, Seed, Simulator};
//! let text = std::fs::read_to_string("world.yaml")?;
//! let options = Options { test_port: 9000, production_port: 9001, world: Some(Seed::parse(&text)?), ..Options::default() };
//! let simulator = Simulator::start(options).await?;
//! println!("{} {}", simulator.test().url(), simulator.production().url());
//! simulator.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! # How a new API plugs in
//!
//! 1. A module `src/<api>/` with `pub(crate) fn routes() -> Vec<Route>`: each [`route::Route`] names
//!    its operation (`api.operation`), method, path pattern and handler. Add it to `world::routes`.
//! 2. A handler gets `Arc<World>` and a [`Call`] (headers, path parameters, body as bytes, instant) and
//!    returns an [`Answer`]. Reading the body whole, the ring of requests, and faults by operation,
//!    MSN and reference are done around it.
//! 3. It begins with `headers::authenticate(&world, &call, Needs { shape, msn, specialised })`, which
//!    returns the `Caller` or the finished refusal, and refuses in its own shape with
//!    `problem::render(&world, &call, shape, &refusal)`.
//! 4. Its state is a field of [`World`] with interior locks, emptied in `World::reset`.
//! 5. Time is `world.clock()`: `now`, `at(instant, callback)`, `sleep_until(instant).await`, which gives
//!    a `Hold` to keep while working, so that a turning clock waits. Tasks start with `world.spawn`.
//! 6. What looks random is `digest::{uuid, hex32, …}(world.seed, &[…])` of what it belongs to.
//! 7. Every ePayment event passes `World::emit`, which calls `webhooks::on_event`.

mod answer;
mod call;
mod clock;
mod control;
mod dials;
mod digest;
mod epayment;
mod faults;
mod headers;
mod ledger;
mod lock;
mod management;
mod orders;
mod pipeline;
mod problem;
pub mod registry;
mod ring;
mod route;
mod schema;
mod seed;
mod serve;
mod start;
mod token;
mod webhooks;
mod world;

pub use crate::answer::Answer;
pub use crate::call::Call;
pub use crate::clock::{Clock, ClockMode, Hold};
pub use crate::dials::{AfterGuarantee, Dials, KeyScope, RefundWindow, SystemHeaders};
pub use crate::epayment::{ActError, Currency, Event, EventName};
pub use crate::faults::{Fault, Rule};
pub use crate::ledger::Effect;
pub use crate::management::{
    BusinessIdentifier, ManagementDials, OrderError, OrderedUnit, Origin, OutOfOrder, ProductOrder, Status,
    Step,
};
pub use crate::registry::UnitWithKeys;
pub use crate::registry::keys::{KeySet, Owner, Which};
pub use crate::registry::parties::{Card, Environment, Features, Market, SalesUnit};
pub use crate::ring::{Outcome, Seen};
pub use crate::seed::{Seed, SeedError, WorldSeed};
pub use crate::start::{Options, Simulator, StartError};
pub use crate::webhooks::{
    Attempt, AttemptOutcome, Bucket, Pending, Registration, UnitAndPartner, WebhookDials,
};
pub use crate::world::World;
