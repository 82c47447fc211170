//! A simulator and gateways on one virtual clock.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use app::{App, Parts};
use domain::Clock;
use outbound::{Jwks, Timeouts, Vipps};
use simulator::{ClockMode, Options, Simulator};
use store::Store;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Database, Kind, ManualClock, Partner};

/// When every world begins.
const START: OffsetDateTime = datetime!(2026-11-23 09:00 UTC);

/// How far the clock is turned for somebody who waits: further than any pause within a wait of 15 s, and
/// less than what is left of it after the last one, so that calls under way never meet the deadline.
const STEP: Duration = Duration::seconds(5);

pub struct World {
    pub simulator: Simulator,
    pub clock: ManualClock,
    pub database: Database,
    /// The gateway under test.
    pub app: App,
    /// With the sales units 100001, 100002 (Norway) of the simulator's test world.
    pub north: Partner,
    /// With the sales units 200001, 200002.
    pub south: Partner,
    timeouts: Timeouts,
}

/// Another gateway before the same simulator.
pub struct Beside {
    pub database: Database,
    pub app: App,
    pub north: Partner,
}

impl World {
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, app::Settings::default()).await
    }

    pub async fn start_with(kind: Kind, settings: app::Settings) -> Self {
        Self::start_impatient(kind, settings, Timeouts::default()).await
    }

    /// With socket timeouts of one's own: these are the one part of the gateway that runs on real time.
    pub async fn start_impatient(kind: Kind, settings: app::Settings, timeouts: Timeouts) -> Self {
        Self::start_on(Database::fresh(kind).await, settings, timeouts).await
    }

    /// On a database of one's own.
    pub async fn start_on(database: Database, settings: app::Settings, timeouts: Timeouts) -> Self {
        // Shown for a test that fails.
        let _one_for_all = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_test_writer()
            .try_init();
        let simulator = Simulator::start(Options {
            clock: ClockMode::Virtual { start: START },
            ..Options::default()
        })
        .await
        .unwrap();
        let clock = ManualClock::new(START);
        let store = database.open(timeouts.connect).await;
        let app = process(&simulator, &clock, store, settings, timeouts);
        let north = Partner::add(&app, &simulator, "north", &["100001", "100002"]).await;
        let south = Partner::add(&app, &simulator, "south", &["200001", "200002"]).await;
        Self {
            simulator,
            clock,
            database,
            app,
            north,
            south,
            timeouts,
        }
    }

    /// Another gateway process on the same database: a second replica, or the one after a crash.
    pub async fn another_process(&self) -> App {
        self.process_on(self.database.open(self.timeouts.connect).await, self.timeouts)
    }

    /// A gateway process whose store is open already, and whose sockets have that much patience.
    pub fn process_on(&self, store: Store, timeouts: Timeouts) -> App {
        let settings = self.app.settings().clone();
        process(&self.simulator, &self.clock, store, settings, timeouts)
    }

    /// Another gateway process on the same database, with a key file of its own.
    pub async fn process_with(&self, key_file: &str) -> App {
        let store = self.database.open_with(key_file, self.timeouts.connect).await;
        self.process_on(store, self.timeouts)
    }

    /// A gateway with the same partners that has never heard of what happened here.
    pub async fn beside_another_database(&self) -> Beside {
        let database = Database::fresh(self.database.kind).await;
        let app = process(
            &self.simulator,
            &self.clock,
            database.open(self.timeouts.connect).await,
            self.app.settings().clone(),
            self.timeouts,
        );
        let north = Partner::add(&app, &self.simulator, "north", &["100001", "100002"]).await;
        Beside { database, app, north }
    }

    /// Turns both clocks: the simulator's first.
    pub async fn advance(&self, by: Duration) {
        self.simulator.advance(by.try_into().unwrap()).await;
        self.clock.advance(by);
    }

    /// Waits for `work`, turning the clock for it whenever it sleeps for less than a caller's deadline.
    pub fn finish<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        self.finish_turning(STEP, work)
    }

    /// The same for pauses of up to `step`; a caller who waits longer than that has not left then.
    pub async fn finish_turning<T>(&self, step: Duration, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut changes = self.clock.changes();
        loop {
            changes.mark_unchanged();
            let now = self.clock.now();
            if let Some(at) = self.clock.next_wake()
                && at > now
                && at - now <= step
            {
                tokio::select! {
                    biased;
                    done = &mut work => return done,
                    () = self.advance(at - now) => {}
                }
            }
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = changes.changed() => {}
            }
        }
    }
}

fn process(
    simulator: &Simulator,
    clock: &ManualClock,
    store: Store,
    settings: app::Settings,
    timeouts: Timeouts,
) -> App {
    let tasks = TaskTracker::new();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let vipps = outbound::vipps::Settings {
        timeouts,
        ..outbound::vipps::Settings::new(
            simulator.test().url().parse().unwrap(),
            simulator.production().url().parse().unwrap(),
        )
    };
    App::new(Parts {
        store,
        vipps: Vipps::new(vipps, Arc::clone(&shared), tasks.clone()).unwrap(),
        jwks: Jwks::new(&outbound::jwks::Settings {
            exceptions: Vec::new(),
            timeouts,
        })
        .unwrap(),
        clock: shared,
        settings,
        tasks,
        shutdown: CancellationToken::new(),
    })
}
