//! Seeded histories: the proof that no money is moved twice and none lost. Each history compares the gateway's
//! books, the partner's answers and what truly happened at Vipps.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what a history meets is told where tests tell, and its helpers stop at the first surprise"
)]

mod coverage;
mod gateway;
mod rules;
mod run;
