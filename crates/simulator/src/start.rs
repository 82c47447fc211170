//! Starting and ending a simulator.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, ClockMode};
use crate::registry::parties::Environment;
use crate::seed::{Seed, SeedError};
use crate::world::{Common, World};

/// How to start. The default is the built-in world on free ports of loopback in real time.
#[derive(Clone, Debug)]
pub struct Options {
    pub address: IpAddr,
    /// Port of the test world; 0 takes a free one.
    pub test_port: u16,
    /// Port of the production world; 0 takes a free one.
    pub production_port: u16,
    pub clock: ClockMode,
    /// Everything that looks random is derived from this.
    pub seed: u64,
    /// A parsed seed file; `None` is the built-in world.
    pub world: Option<Seed>,
    /// How many requests each world remembers.
    pub ring_capacity: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            test_port: 0,
            production_port: 0,
            clock: ClockMode::default(),
            seed: 0,
            world: None,
            ring_capacity: 10_000,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("could not build the {world} world from its seed")]
    Seed {
        world: &'static str,
        source: Box<SeedError>,
    },
    #[error("could not read the built-in world")]
    BuiltIn(#[source] Box<SeedError>),
    #[error("could not listen on {address} for the {world} world")]
    Listen {
        world: &'static str,
        address: SocketAddr,
        source: std::io::Error,
    },
}

/// A running simulator: two worlds and one clock.
pub struct Simulator {
    test: Arc<World>,
    production: Arc<World>,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Simulator {
    /// Starts both worlds; when it returns, both ports accept connections.
    ///
    /// # Errors
    /// When the seed contradicts itself or a port cannot be listened on.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let seed = match options.world {
            Some(seed) => seed,
            None => Seed::built_in().map_err(|source| StartError::BuiltIn(Box::new(source)))?,
        };
        let (clock, tasks, stop) = (
            Clock::new(options.clock),
            TaskTracker::new(),
            CancellationToken::new(),
        );
        let common = Common {
            seed: options.seed,
            clock: clock.clone(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            ring_capacity: options.ring_capacity,
        };
        let world = |environment: Environment, origin, port| {
            let address = SocketAddr::new(options.address, port);
            World::new(&common, environment, origin, address).map_err(|source| StartError::Seed {
                world: environment.name(),
                source: Box::new(source),
            })
        };
        let test = world(Environment::Test, seed.test, options.test_port)?;
        let production = world(Environment::Production, seed.production, options.production_port)?;
        for world in [&test, &production] {
            let address = world.door.address();
            let listen = |source| StartError::Listen {
                world: world.environment().name(),
                address,
                source,
            };
            world.open().await.map_err(listen)?;
        }
        tasks.spawn(clock.clone().drive(stop.clone()));
        Ok(Self {
            test,
            production,
            clock,
            tasks,
            stop,
        })
    }

    pub fn test(&self) -> &Arc<World> {
        &self.test
    }

    pub fn production(&self) -> &Arc<World> {
        &self.production
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Turns the clock of both worlds. See [`Clock::advance`].
    pub async fn advance(&self, span: Duration) {
        self.clock.advance(span).await;
    }

    /// Closes both listeners and waits until every open request has been answered and every task
    /// has ended. Sleepers on the clock are forgotten.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.test.close().await;
        self.production.close().await;
        self.clock.stop();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
