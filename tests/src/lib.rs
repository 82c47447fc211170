//! The harness of the tests that see the whole gateway.
//!
//! A [`World`] is a simulator and a gateway on one virtual clock: nothing moves until the test turns it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "helpers of tests stop at the first surprise"
)]

mod answer;
mod ask;
pub mod canaries;
mod clock;
pub mod contract;
mod database;
pub mod desk;
mod dice;
mod gateway;
pub mod listener;
mod partner;
pub mod platform;
mod process;
pub mod specs;
mod statements;
mod token;
mod world;

pub use answer::Answer;
pub use ask::Ask;
pub use canaries::Canaries;
pub use clock::ManualClock;
pub use database::{Database, Gone, KEY_FILE, Kind, SmallDisk};
pub use desk::Desk;
pub use dice::Dice;
pub use gateway::{Gateway, Setup, register};
pub use listener::Listener;
pub use partner::{Partner, nok};
pub use process::Process;
pub use statements::Statements;
pub use token::{Issuer, Token, every_scope};
pub use world::{Beside, World};

/// Vipps answers 503 and has done nothing.
pub fn down() -> simulator::Fault {
    simulator::Fault::ServerError {
        status: 503,
        after_effect: false,
    }
}

/// The next capture meets `fault`, and the event log cannot be read: nobody knows what came of it.
pub fn lose_capture(world: &simulator::World, fault: simulator::Fault) {
    use simulator::Rule;
    world.add_fault(Rule::new("lost", fault).on("epayment.capture").once());
    world.add_fault(Rule::new("down", down()).on("epayment.events"));
}

/// Whatever left under one key was always the same request, byte for byte.
///
/// # Errors
/// The key that left with two.
pub fn same_bytes(world: &simulator::World) -> Result<(), String> {
    let mut first = std::collections::BTreeMap::new();
    for seen in world.requests() {
        let Some(key) = seen.idempotency_key.clone() else {
            continue;
        };
        let bytes = (seen.path.clone(), seen.body.clone());
        let known = first.entry(key.clone()).or_insert_with(|| bytes.clone());
        if *known != bytes {
            return Err(format!("the key {key} left with two bodies"));
        }
    }
    Ok(())
}

/// Whoever changes the registry of a test.
pub fn operator() -> app::audit::Actor {
    app::audit::Actor::new("operator", app::audit::Executor::Cli)
}

/// Makes two tests of each story: one on SQLite, one on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($($story:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story($crate::Kind::Sqlite).await;
            })*
        }
        mod on_postgresql {
            $(#[tokio::test]
            async fn $story() {
                super::$story($crate::Kind::Postgres).await;
            })*
        }
    };
}
