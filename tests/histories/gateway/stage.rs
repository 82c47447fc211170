//! A simulator, a database and one clock, on which histories are played one after another.

use std::future::Future;
use std::pin::pin;

use app::App;
use domain::Clock;
use outbound::Timeouts;
use simulator::Outcome;
use store::Store;
use testkit::{Kind, World};
use time::Duration;

use super::audit::Audit;

/// Pauses up to this long are slept through for whoever waits.
const STEP: Duration = Duration::seconds(5);
/// How long a socket is waited for, in real time.
const IMPATIENT: std::time::Duration = std::time::Duration::from_millis(50);
/// No answer of the simulator takes longer.
const SLOWEST: Duration = Duration::seconds(30);
const PATIENT: std::time::Duration = std::time::Duration::from_secs(20);
/// In how many pieces a silence is looked at.
const SLICES: u32 = 15;

pub(super) struct Stage {
    pub(super) world: World,
    store: Store,
    pub(super) audit: Audit,
}

impl Stage {
    pub(super) async fn set(kind: Kind) -> Self {
        let world = World::start(kind).await;
        let audit = Audit::open(&world.database.url).await;
        Self {
            store: world.app.store().clone(),
            world,
            audit,
        }
    }

    /// A gateway process, on the same store as those before it.
    pub(super) fn process(&self) -> App {
        self.process_that_waits(IMPATIENT)
    }

    /// One whose sockets outwait anything that stalls in a test.
    pub(super) fn patient_process(&self) -> App {
        self.process_that_waits(PATIENT)
    }

    fn process_that_waits(&self, answer: std::time::Duration) -> App {
        let timeouts = Timeouts {
            connect: answer,
            answer,
            ..Timeouts::default()
        };
        self.world.process_on(self.store.clone(), timeouts)
    }

    /// Waits for `work`, turning the clock for it whenever it sleeps.
    pub(super) async fn finish<T>(&self, work: impl Future<Output = T>) -> T {
        match self.unless_it_dies(work, u32::MAX).await {
            Some(done) => done,
            None => panic!("the clock was turned for ever"),
        }
    }

    /// As [`Stage::finish`], but the work is dropped when the clock would have to be turned more often:
    /// the process died in that sleep.
    pub(super) async fn unless_it_dies<T>(&self, work: impl Future<Output = T>, turns: u32) -> Option<T> {
        let clock = &self.world.clock;
        let mut work = pin!(work);
        let mut changes = clock.changes();
        let mut turned = 0;
        loop {
            changes.mark_unchanged();
            let now = clock.now();
            let sleeps = clock.next_wake().filter(|at| *at > now).map(|at| at - now);
            let is_short = sleeps.is_some_and(|wait| wait <= STEP);
            // A longer sleep is turned only when nothing moves, not even a socket.
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = std::future::ready(()), if is_short => {}
                _ = changes.changed(), if !is_short => continue,
                () = self.real_silence(), if !is_short => {}
            }
            // Vipps takes its time too, and its answer is worth waiting for.
            if let Some(wait) = self
                .vipps_waits()
                .filter(|wait| sleeps.is_none_or(|it| *wait < it))
            {
                self.world.advance(wait).await;
                continue;
            }
            let Some(wait) = sleeps else { continue };
            if turned == turns {
                return None;
            }
            turned += 1;
            self.world.advance(wait).await;
        }
    }

    /// How long until the simulator goes on by itself, with what may be an answer.
    fn vipps_waits(&self) -> Option<Duration> {
        let clock = self.world.simulator.clock();
        let wait = clock.next_timer()? - clock.now();
        (wait.is_positive() && wait <= SLOWEST).then_some(wait)
    }

    /// Lets the work go on until a new request is being worked on at the simulator. `Some` = it ended
    /// before.
    pub(super) async fn until_it_calls<T>(&self, work: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        let simulator = self.world.simulator.test();
        let before = simulator.requests().last().map_or(0, |seen| seen.number);
        for _ in 0..2_000 {
            tokio::select! {
                biased;
                done = &mut *work => return Some(done),
                () = tokio::task::yield_now() => {}
            }
            let is_open = |seen: &simulator::Seen| {
                seen.number > before
                    && match seen.outcome {
                        Outcome::Open => true,
                        Outcome::Answered { sent, .. } => !sent,
                        Outcome::Reset => false,
                    }
            };
            if simulator.requests().last().is_some_and(is_open) {
                return None;
            }
        }
        None
    }

    /// Lets the work go on for a moment without turning the clock; true when it has ended.
    pub(super) async fn a_while<T>(&self, work: &mut (impl Future<Output = T> + Unpin)) -> bool {
        for _ in 0..200 {
            tokio::select! {
                biased;
                _ = &mut *work => return true,
                () = tokio::task::yield_now() => {}
            }
        }
        false
    }

    /// What the simulator has seen, a line a request.
    pub(super) fn seen(&self) -> Vec<String> {
        let line = |seen: simulator::Seen| {
            let operation = seen.operation.unwrap_or("unknown");
            let key = seen.idempotency_key.unwrap_or_default();
            format!(
                "{} {operation} {key} {:?}: {:?}",
                seen.at, seen.faults, seen.outcome
            )
        };
        self.world
            .simulator
            .test()
            .requests()
            .into_iter()
            .map(line)
            .collect()
    }

    /// How many writes the simulator has seen.
    pub(super) fn writes(&self) -> usize {
        let is_write = |seen: &&simulator::Seen| seen.idempotency_key.is_some();
        self.world
            .simulator
            .test()
            .requests()
            .iter()
            .filter(is_write)
            .count()
    }

    /// Longer than any socket of an impatient process is waited for, and no transaction open. In slices, so that a
    /// machine that stalled for as long has let everybody else go on before it counts.
    async fn real_silence(&self) {
        let mut silent = 0;
        while silent < SLICES {
            #[expect(
                clippy::disallowed_methods,
                reason = "sockets and disks are real, and their silence is real time"
            )]
            tokio::time::sleep((IMPATIENT + IMPATIENT / 2) / SLICES).await;
            silent = if self.store.open_transactions() == 0 {
                silent + 1
            } else {
                0
            };
        }
    }
}
