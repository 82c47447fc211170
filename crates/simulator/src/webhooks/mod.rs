//! Webhooks API v1 and its deliveries.
//!
//! An event of a payment becomes one delivery per registration that listens for it. Deliveries stand
//! in lines ([`queue`]), are signed ([`signature`]), posted to this machine ([`post`]) and tried again
//! on the simulator's clock ([`schedule`]).

mod attempt;
mod book;
mod delivery;
pub(crate) mod dials;
mod enter;
mod handlers;
mod kinds;
mod log;
mod post;
pub(crate) mod queue;
mod rules;
pub(crate) mod schedule;
pub(crate) mod signature;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use crate::webhooks::book::{Bucket, Registration};
pub use crate::webhooks::delivery::{Attempt, AttemptOutcome};
pub use crate::webhooks::dials::{UnitAndPartner, WebhookDials};
pub use crate::webhooks::view::Pending;

pub(crate) use crate::webhooks::enter::on_event;
pub(crate) use crate::webhooks::handlers::routes;
pub(crate) use crate::webhooks::state::Webhooks;
