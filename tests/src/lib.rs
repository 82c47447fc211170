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
mod canaries;
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
pub use gateway::{Gateway, Setup};
pub use listener::Listener;
pub use partner::{Partner, nok};
pub use process::Process;
pub use statements::Statements;
pub use token::{Issuer, Token, every_scope};
pub use world::{Beside, World};

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
