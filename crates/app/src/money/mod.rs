//! How money moves: intent, commit, call, commit.
//!
//! [`intend`] stores what is to be sent and takes the payment; [`send`] sends it; [`settle`] writes down
//! what became of it. No transaction is open during a call. A process may die between any two of these:
//! the row that `intend` left is found by the resolver, which reads before it does anything else.

mod abandoned;
mod answer;
mod drive;
pub(crate) mod fingerprint;
mod intend;
mod look;
mod pace;
mod perform;
mod replay;
mod request;
mod send;
mod settle;
mod turns;
mod view;

pub use drive::{Drive, Driven, Waiting};
pub use intend::{Begun, Books, Intent, intend};
pub(crate) use perform::{answered_before, perform};
pub use request::{Body, Request};
pub use send::send;
pub use settle::{Ending, settle};
pub(crate) use turns::Turns;
pub(crate) use view::{operation_view, payment_view};
