//! One environment of Vipps MobilePay: its registry, its payments, its dials and faults.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::call::Call;
use crate::clock::Clock;
use crate::dials::Dials;
use crate::digest;
use crate::epayment::Event;
use crate::epayment::idempotency::Keys;
use crate::epayment::lapse::Deadlines;
use crate::epayment::limits::Budgets;
use crate::epayment::payments::Payments;
use crate::faults::{Faults, Rule};
use crate::lock::{Held as _, Shared as _};
use crate::management::{self, Management};
use crate::orders::{self, Receipts};
use crate::registry::parties::Environment;
use crate::registry::{Registry, UnitWithKeys};
use crate::ring::{Ring, Seen};
use crate::route::Route;
use crate::seed::{SeedError, WorldSeed};
use crate::serve::Door;
use crate::token::jwt::Tokens;
use crate::webhooks::{self, Webhooks};
use crate::{control, epayment, token};

/// A world and everything that can be seen and done in it from Rust.
pub struct World {
    me: Weak<World>,
    environment: Environment,
    pub(crate) seed: u64,
    clock: Clock,
    /// What the world is put back to by [`World::reset`].
    origin: Mutex<WorldSeed>,
    pub(crate) routes: Vec<Route>,
    pub(crate) tasks: TaskTracker,
    stop: CancellationToken,
    pub(crate) tokens: Tokens,
    pub(crate) registry: RwLock<Registry>,
    dials: RwLock<Arc<Dials>>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) ring: Mutex<Ring>,
    pub(crate) door: Door,
    pub(crate) payments: Payments,
    pub(crate) keys: Keys,
    pub(crate) budgets: Budgets,
    pub(crate) deadlines: Deadlines,
    pub(crate) receipts: Receipts,
    /// Tokens of scanned QR codes, with the phone number and the end of each.
    customer_tokens: Mutex<HashMap<String, (String, OffsetDateTime)>>,
    by_hand: AtomicBool,
    pub(crate) webhooks: Webhooks,
    pub(crate) management: Management,
}

/// What all worlds of a simulator have in common.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) ring_capacity: usize,
}

impl World {
    pub(crate) fn new(
        common: &Common,
        environment: Environment,
        origin: WorldSeed,
        address: SocketAddr,
    ) -> Result<Arc<Self>, SeedError> {
        let registry = origin.registry(environment)?;
        let faults = armed(&origin.faults);
        Ok(Arc::new_cyclic(|me| Self {
            me: me.clone(),
            environment,
            seed: common.seed,
            clock: common.clock.clone(),
            routes: routes(),
            tasks: common.tasks.clone(),
            stop: common.stop.clone(),
            tokens: Tokens::new(common.seed, environment),
            registry: RwLock::new(registry),
            dials: RwLock::new(Arc::new(origin.dials.clone())),
            faults: Mutex::new(faults),
            ring: Mutex::new(Ring::new(common.ring_capacity)),
            door: Door::new(address),
            payments: Payments::default(),
            keys: Keys::default(),
            budgets: Budgets::default(),
            deadlines: Deadlines::default(),
            receipts: Receipts::default(),
            customer_tokens: Mutex::default(),
            by_hand: AtomicBool::new(false),
            webhooks: Webhooks::default(),
            management: Management::default(),
            origin: Mutex::new(origin),
        }))
    }

    pub fn environment(&self) -> Environment {
        self.environment
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The base URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.door.address())
    }

    /// Sales units with their own keys, ordered by MSN.
    pub fn units(&self) -> Vec<UnitWithKeys> {
        self.registry.reading().units_with_keys()
    }

    /// The portal's truth. Do not hold it across a request to this world.
    pub fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.reading()
    }

    /// The portal, to connect, deactivate, regenerate or rotate.
    pub fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.writing()
    }

    pub fn dials(&self) -> Arc<Dials> {
        self.dials.reading().clone()
    }

    pub fn set_dials(&self, change: impl FnOnce(&mut Dials)) {
        let mut dials = self.dials.writing();
        change(Arc::make_mut(&mut dials));
    }

    /// Adds a fault rule; one of the same name is replaced.
    pub fn add_fault(&self, rule: Rule) {
        self.faults.held().add(rule);
    }

    /// Removes a fault rule; false when there was none of that name.
    pub fn remove_fault(&self, name: &str) -> bool {
        self.faults.held().remove(name)
    }

    /// The fault rules, each with how often it has struck.
    pub fn faults(&self) -> Vec<(Rule, u32)> {
        self.faults.held().list()
    }

    pub fn clear_faults(&self) {
        *self.faults.held() = Faults::default();
    }

    /// The requests seen, oldest first, as many as the ring holds.
    pub fn requests(&self) -> Vec<Seen> {
        self.ring.held().list()
    }

    pub fn clear_requests(&self) {
        self.ring.held().clear();
    }

    /// Runs a task until it ends or the simulator does; in the latter case it is dropped where it waits.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { stop.run_until_cancelled_owned(task).await });
    }

    /// Where every event of every payment passes, in order per payment.
    pub(crate) fn emit(&self, event: &Event) {
        if let Some(world) = self.me.upgrade() {
            webhooks::on_event(&world, event);
        }
    }

    /// The trace id of a call: the same request at the same instant has the same one.
    pub(crate) fn trace(&self, call: &Call) -> String {
        let at = call.at.unix_timestamp_nanos().to_string();
        let key = call.header("idempotency-key").unwrap_or_default();
        digest::trace(
            self.seed,
            &[self.environment.name(), call.operation, &call.path, key, &at],
        )
    }

    /// Puts the world back to its seed: registry, payments, dials, faults, requests. Tokens stay valid.
    pub fn reset(&self) {
        let origin = self.origin.held().clone();
        if let Ok(registry) = origin.registry(self.environment) {
            *self.registry.writing() = registry;
        }
        *self.dials.writing() = Arc::new(origin.dials);
        *self.faults.held() = armed(&origin.faults);
        self.ring.held().clear();
        self.webhooks.clear();
        self.management.clear();
        self.payments.clear();
        self.keys.clear();
        self.budgets.clear();
        self.deadlines.clear();
        self.receipts.clear();
        self.customer_tokens.held().clear();
        self.by_hand.store(false, Ordering::Relaxed);
    }

    /// Gives the world another seed and resets it to that.
    ///
    /// # Errors
    /// When the seed contradicts itself; nothing has changed then.
    pub fn reseed(&self, seed: WorldSeed) -> Result<(), SeedError> {
        seed.registry(self.environment)?;
        *self.origin.held() = seed;
        self.reset();
        Ok(())
    }

    pub(crate) fn weak(&self) -> Weak<Self> {
        self.me.clone()
    }

    pub(crate) fn is_test(&self) -> bool {
        self.environment == Environment::Test
    }

    /// The customer scans a code of the merchant's: gives the `customerToken`, good for 15 minutes.
    pub fn scan(&self, phone_number: &str) -> String {
        let at = self.clock.now();
        let nth = self.customer_tokens.held().len().to_string();
        let token = digest::hex32(
            self.seed,
            &["customer token", self.environment.name(), phone_number, &nth],
        );
        let until = at + time::Duration::minutes(15);
        self.customer_tokens
            .held()
            .insert(token.clone(), (phone_number.to_owned(), until));
        token
    }

    pub(crate) fn customer_token(&self, token: &str) -> Option<String> {
        let tokens = self.customer_tokens.held();
        let (number, until) = tokens.get(token)?;
        (self.clock.now() < *until).then(|| number.clone())
    }

    pub(crate) fn approved_by_hand(&self) -> bool {
        self.by_hand.load(Ordering::Relaxed)
    }

    pub(crate) fn note_approval_by_hand(&self) {
        self.by_hand.store(true, Ordering::Relaxed);
    }
}

fn armed(rules: &[Rule]) -> Faults {
    let mut faults = Faults::default();
    for rule in rules {
        faults.add(rule.clone());
    }
    faults
}

/// Every operation of a world. A new API adds its routes here.
fn routes() -> Vec<Route> {
    [
        token::routes(),
        epayment::routes(),
        orders::routes(),
        webhooks::routes(),
        management::routes(),
        control::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
