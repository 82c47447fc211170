//! Webhooks API v1 and its deliveries.

use std::sync::Arc;

use crate::epayment::Event;
use crate::route::Route;
use crate::world::World;

/// The registrations and deliveries of one world.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {}

pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}

/// Hears of every event in the order it happened, under the payment's lock: must neither block nor
/// touch the payment.
pub(crate) fn on_event(_world: &Arc<World>, _event: &Event) {}
