//! The whole gateway through its HTTP face, on both databases: who is let in, what one partner can see of
//! another, how often money moves, and what is said when something is wrong. Every answer that any of these
//! tests receives is held against `openapi/nordbro.json` or `openapi/operator.json` (`testkit::contract`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "helpers of tests stop at the first surprise, and a table of cases is as long as it is"
)]

mod bad_input;
mod bad_tokens;
mod contract;
mod crash;
mod databases;
mod identity;
mod importing;
mod key_switches;
mod keys;
mod money;
mod oauth;
mod onboarding;
mod operator_imports;
mod operator_samples;
mod operator_transfers;
mod operator_walls;
mod operators;
mod platform;
mod product_orders;
mod receipts;
mod recovery;
mod retention;
mod samples;
mod settling;
mod statements;
mod transfers;
mod trouble;
mod walls;
