//! Settings: an embedded page of defaults, then a file, then variables; every key known and checked.
//!
//! The environment comes in as a list, so that reading it can be tested; nothing else in the gateway sees it.

pub(crate) mod admission;
mod duration;
mod load;
mod operators;
mod secret;
mod settings;
mod show;

pub use duration::Span;
pub use load::{Error, load};
pub use operators::Operators;
pub use secret::{SecretText, SecretUrl};
pub use settings::{
    Config, Database, Egress, Limits, Operator, Private, Public, Rate, Redis, Retention, Sealing, Shutdown,
    Telemetry, Vipps, VippsEnvironment, Waiting,
};
pub use show::show;

/// The page of defaults as it ships, with its comments.
pub const DEFAULTS: &str = include_str!("default.toml");
