//! What the store promises, on every database it runs on.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

extern crate nordbro_store as store;

mod audit;
mod bodies;
mod data_keys;
mod databases;
mod foreign;
mod money;
mod moved;
mod onboarding;
mod product_orders;
mod quality;
mod registry;
mod transactions;
mod wall;
