//! The real process, sockets and a clock that nobody turns: tills that ask, a gateway that is killed with
//! `kill -9` again and again, a line on which answers get lost, and a PostgreSQL that crashes. After each death
//! the gateway's books, the partner's answers and the simulator's ledger are laid side by side.
//!
//! `NORDBRO_CYCLES=N` asks for N lives of the gateway on each database, `NORDBRO_SEED=S` for other dice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use simulator::{Fault, Rule, World};
use testkit::{Dice, Kind};

use crate::cluster::Cluster;
use crate::place::{Gateway, Place};
use crate::till::{Order, Stopped};
use crate::watch::until;

const USUAL: u64 = 20;
/// Customers at the same time.
const TILLS: u64 = 4;
/// Orders that are left open may be asked for again in each later life, so many at a time.
const ASKED_AGAIN: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_killed_again_and_again_doubles_nothing_and_loses_nothing_on_sqlite() {
    let place = Place::of(Kind::Sqlite).await;
    Run::new(place, None).play().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_and_a_postgresql_that_die_again_and_again_double_nothing_and_lose_nothing() {
    let cluster = Cluster::start().await;
    let users = cluster.migrated().await;
    let place = Place::set_up(users.app, users.system, None).await;
    Run::new(place, Some(cluster)).play().await;
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// All lives of the gateway on one database.
struct Run {
    place: Place,
    cluster: Option<Cluster>,
    seed: u64,
    dice: Dice,
    /// Orders of which something is not known yet, and those of which everything is.
    open: Vec<Order>,
    known: Vec<Order>,
    met: BTreeMap<&'static str, u64>,
}

impl Run {
    fn new(place: Place, cluster: Option<Cluster>) -> Self {
        let seed = setting("NORDBRO_SEED", 1);
        Self {
            place,
            cluster,
            seed,
            dice: Dice::new(seed),
            open: Vec::new(),
            known: Vec::new(),
            met: BTreeMap::new(),
        }
    }

    async fn play(mut self) {
        let lives = setting("NORDBRO_CYCLES", USUAL);
        let first = self.seed * 1_000_000;
        for life in 0..lives {
            self.one_life(first + life).await;
        }
        self.settle().await;
        println!(
            "{lives} lives of the gateway, seed {}: {:#?}",
            self.seed, self.met
        );
        if lives >= USUAL {
            self.demand();
        }
    }

    /// Whatever these lives are there for has happened.
    fn demand(&self) {
        let crashes = self.cluster.as_ref().map(|_| CRASHES);
        let wanted = FAULTS.into_iter().chain([DEATHS, LEFT_OPEN]).chain(crashes);
        let never: Vec<_> = wanted
            .filter(|what| self.met.get(what).is_none_or(|times| *times == 0))
            .collect();
        assert!(never.is_empty(), "seed {}: never met: {never:?}", self.seed);
    }

    fn world(&self) -> Arc<World> {
        Arc::clone(self.place.simulator.test())
    }

    fn met(&mut self, what: &'static str, times: usize) {
        *self.met.entry(what).or_default() += u64::try_from(times).unwrap();
    }

    /// From its start to its death, with the tills asking all the time.
    async fn one_life(&mut self, life: u64) {
        let world = self.world();
        let gateway = self.place.start();
        self.compare(&gateway).await;
        for rule in trouble(&mut self.dice) {
            world.add_fault(rule);
        }
        let before = newest(&world);
        let dies_at = before + u64::from(self.dice.up_to(60)) + 5;
        let crashes_at =
            (self.cluster.is_some() && self.dice.once_in(2)).then_some(u64::midpoint(before, dies_at));

        let left = std::mem::take(&mut self.open);
        let numbers = Arc::new(AtomicU64::new(0));
        let mut tills = Vec::new();
        for (till, own) in dealt(left, TILLS) {
            let (caller, world, numbers) = (gateway.caller.clone(), Arc::clone(&world), Arc::clone(&numbers));
            let mut dice = Dice::new(life * TILLS + till);
            tills.push(self.place.tasks.spawn(async move {
                let mut orders = own;
                for order in orders.iter_mut().take(ASKED_AGAIN) {
                    if order.go_on(&caller, &world, 1).await == Stopped::Gone {
                        return orders;
                    }
                }
                loop {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let mut order = Order::new(&format!("life-{life}-{number}"), &mut dice);
                    let wait = dice.up_to(5) + 1;
                    let stopped = order.go_on(&caller, &world, wait).await;
                    orders.push(order);
                    if stopped == Stopped::Gone {
                        return orders;
                    }
                }
            }));
        }
        if let (Some(at), Some(cluster)) = (crashes_at, &mut self.cluster) {
            until("requests before PostgreSQL crashes", || newest(&world) >= at).await;
            cluster.crash().await;
            *self.met.entry(CRASHES).or_default() += 1;
        }
        until("requests before the gateway dies", || newest(&world) >= dies_at).await;
        gateway.kill();
        self.met(DEATHS, 1);
        for till in join_all(tills).await {
            let (known, open): (Vec<_>, Vec<_>) = till.unwrap().into_iter().partition(Order::is_known);
            self.known.extend(known);
            self.open.extend(open);
        }
        for (rule, struck) in world.faults() {
            let name = FAULTS.into_iter().find(|name| *name == rule.name).unwrap();
            self.met(name, usize::try_from(struck).unwrap());
        }
        world.clear_faults();
        let is_open = |order: &&Order| !order.is_known();
        let cut_off = self.open.iter().filter(is_open).count();
        self.met(LEFT_OPEN, cut_off);
    }

    /// Books, answers and ledger, for everything that has happened so far.
    async fn compare(&mut self, gateway: &Gateway) {
        let world = self.world();
        let mut wrong = Vec::new();
        for order in self.known.iter().chain(&self.open) {
            wrong.extend(order.is_true(&gateway.caller, &world).await.err());
        }
        assert!(wrong.is_empty(), "seed {}: {}", self.seed, wrong.join("\n"));
        let compared = self.known.len() + self.open.len();
        self.met("comparisons of an order's books, answers and ledger", compared);
        let same = testkit::same_bytes(&world);
        assert!(same.is_ok(), "seed {}: {same:?}", self.seed);
    }

    /// Trouble is over: everything that is open is asked for until it is known.
    async fn settle(&mut self) {
        let world = self.world();
        let gateway = self.place.start();
        let mut open = std::mem::take(&mut self.open);
        self.met("orders that were open when trouble ended", open.len());
        join_all(
            open.iter_mut()
                .map(|order| order.go_on(&gateway.caller, &world, 60)),
        )
        .await;
        let unsettled: Vec<_> = open.iter().filter(|order| !order.is_known()).collect();
        assert!(
            unsettled.is_empty(),
            "seed {}: never settled: {unsettled:#?}",
            self.seed
        );
        self.known.extend(open);
        self.compare(&gateway).await;
        for order in &self.known {
            let remembered = order.is_remembered(&gateway.caller).await;
            assert!(remembered.is_ok(), "seed {}: {remembered:?}", self.seed);
        }
        let wishes = self.known.iter().map(|order| order.wishes.len()).sum();
        self.met("wishes that came to a definite answer", wishes);
        self.met("orders", self.known.len());
    }
}

/// The number of the newest request that the simulator saw.
fn newest(world: &World) -> u64 {
    world.requests().last().map_or(0, |seen| seen.number)
}

/// Hands out what is left over.
fn dealt(left: Vec<Order>, tills: u64) -> Vec<(u64, Vec<Order>)> {
    let mut all: Vec<_> = (0..tills).map(|till| (till, Vec::new())).collect();
    for (number, order) in left.into_iter().enumerate() {
        let till = number % all.len();
        all[till].1.push(order);
    }
    all
}

const DEATHS: &str = "deaths of the gateway";
const CRASHES: &str = "crashes of PostgreSQL";
const LEFT_OPEN: &str = "orders that a death left open";

const FAULTS: [&str; 4] = [
    "requests that waited at Vipps",
    "answers that were lost",
    "requests that broke before they were done",
    "answers 503 after it was done",
];

/// What goes wrong on the line in one life.
fn trouble(dice: &mut Dice) -> Vec<Rule> {
    let faults = [
        Fault::Latency {
            millis: u64::from(dice.up_to(300)),
        },
        Fault::AnswerLost,
        Fault::ResetBeforeEffect,
        Fault::ServerError {
            status: 503,
            after_effect: true,
        },
    ];
    let mut rules = Vec::new();
    for (name, fault) in FAULTS.into_iter().zip(faults) {
        if dice.once_in(2) {
            rules.push(Rule::new(name, fault).on("epayment.*").chance(0.1));
        }
    }
    rules
}
