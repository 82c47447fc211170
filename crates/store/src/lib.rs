//! What is remembered, per partner, in transactions, on `SQLite` and PostgreSQL.
//!
//! There is no query without an owner: a [`Scope`] is one partner in one environment, a [`System`] is for
//! the operator and for jobs. Rows never leave this crate; values of `domain` and of this crate's modules
//! do. Keys, secrets and bodies are sealed before they reach a row. Nothing here knows HTTP or Vipps, and
//! nothing here reads a clock: times come in.

pub mod audit;
mod conn;
mod connect;
pub mod data_keys;
mod error;
mod moment;
pub mod money;
mod postgres;
pub mod product_orders;
pub mod quality;
pub mod registry;
mod scope;
pub mod sealing;
mod sqlite;
mod system;
mod table;
mod tx;
mod unique;

pub use connect::{Settings, Store};
pub use error::Error;
pub use scope::{Read, Scope, Write};
pub use sealing::Keyring;
pub use system::System;
pub use tx::{Reader, SystemReader, SystemTx, Tx};
