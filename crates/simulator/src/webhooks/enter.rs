//! An event of a payment enters the line of everybody who listens for it.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::epayment::Event;
use crate::faults::{Fault, Place, Struck, Subject};
use crate::lock::{Held as _, Shared as _};
use crate::webhooks::attempt::begin;
use crate::webhooks::delivery::{AttemptOutcome, Delivery, LineKey, Made};
use crate::webhooks::kinds;
use crate::webhooks::queue::Move;
use crate::webhooks::state::State;
use crate::world::World;

/// Hears of every event in the order it happened, under the payment's lock: neither blocks nor
/// touches the payment.
pub(crate) fn on_event(world: &Arc<World>, event: &Event) {
    if world.webhooks.state.held().book.is_empty() {
        return;
    }
    let kind = kinds::of_payment(event.name.name());
    let partner = world
        .registry
        .reading()
        .unit(&event.msn)
        .and_then(|unit| unit.partner.clone());
    let both = world.dials().webhooks.unit_and_partner;
    let mut state = world.webhooks.state.held();
    for registration in state.listeners(&kind, &event.msn, partner.as_deref(), both) {
        enter(world, &mut state, registration, event);
    }
}

/// Puts an event into the line of one registration, as far as the faults let it.
fn enter(world: &Arc<World>, state: &mut State, registration: Uuid, event: &Event) {
    let key = LineKey {
        registration,
        msn: event.msn.clone(),
        reference: event.reference.clone(),
    };
    let struck = draw(world, Place::Event, &key, &registration.to_string());
    let mut delivery = Delivery::new(event);
    let now = world.clock().now();
    match struck.fault {
        Some(Fault::NeverSent) => {
            let Some(url) = state.book.find(registration).map(|it| it.spelled.clone()) else {
                return;
            };
            let lost = Made::of(&delivery, url, now, struck.rules);
            return state
                .log
                .write(lost.entry(&key, now, AttemptOutcome::NeverSent, None));
        }
        Some(Fault::SentAgain { copies }) => delivery.copies = copies,
        Some(Fault::Delayed { millis }) => delivery.not_before = Some(now + Duration::from_millis(millis)),
        Some(Fault::Overtaken { patience_millis }) => {
            state.lines.entry(key.clone()).or_default().stand_aside(delivery);
            return rejoin_at(
                world,
                state.epoch,
                key,
                now + Duration::from_millis(patience_millis),
            );
        }
        Some(_) | None => {}
    }
    let due = delivery.not_before;
    match state.lines.entry(key.clone()).or_default().join(delivery) {
        Move::Begin => begin(world, state.epoch, key, due),
        Move::Stay => {}
    }
}

/// Ends the patience of those who stand aside.
fn rejoin_at(world: &Arc<World>, epoch: u64, key: LineKey, at: OffsetDateTime) {
    let weak = Arc::downgrade(world);
    world.clock().at(at, move || {
        let Some(world) = weak.upgrade() else { return };
        let mut state = world.webhooks.state.held();
        if state.epoch != epoch {
            return;
        }
        let Some(line) = state.lines.get_mut(&key) else {
            return;
        };
        match line.rejoin() {
            Move::Begin => {
                let due = line.head().and_then(|it| it.not_before);
                begin(&world, epoch, key, due);
            }
            Move::Stay => {}
        }
    });
}

/// Asks the fault rules about an event that enters a line, or about one attempt to deliver it.
/// `within` tells apart what happens side by side, so that each history is its own.
pub(crate) fn draw(world: &World, place: Place, key: &LineKey, within: &str) -> Struck {
    let operation = match place {
        Place::Attempt => "delivery.attempt",
        Place::Event | Place::Request => "delivery.event",
    };
    let subject = Subject {
        place,
        operation,
        msn: &key.msn,
        reference: &key.reference,
        within,
    };
    world.faults.held().draw(world.seed, &subject)
}
