//! `GET payment` and `GET events`, each with its own lag.

use http::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::call::Call;
use crate::epayment::desk;
use crate::epayment::errors::refused;
use crate::epayment::payment::{Payment, millis};
use crate::epayment::view;
use crate::world::World;

pub(crate) fn get(world: &World, call: &Call) -> Answer {
    let lag = world.dials().get_lag_millis;
    shown(world, call, lag, |slot, payment, seen| {
        view::payment(world, slot, payment, &payment.entries[..seen])
    })
}

pub(crate) fn events(world: &World, call: &Call) -> Answer {
    let lag = world.dials().events_lag_millis;
    shown(world, call, lag, |slot, payment, seen| {
        (0..seen)
            .map(|index| view::event(world, slot, payment, index))
            .collect()
    })
}

fn shown(
    world: &World,
    call: &Call,
    lag: u64,
    view: impl FnOnce(&crate::epayment::payment::Slot, &Payment, usize) -> Value,
) -> Answer {
    let (_, unit) = match desk::read(world, call) {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let unknown = || {
        desk::refuse(
            world,
            call,
            &refused(5090, "The reference was not found for this sales unit."),
        )
    };
    let Some(slot) = world.payments.find(&unit.msn, call.param("reference")) else {
        return unknown();
    };
    let now = millis(call.at);
    let mut payment = slot.lock();
    world.lapse(&slot, &mut payment, now);
    let until = now - i64::try_from(lag).unwrap_or(i64::MAX / 2);
    match payment
        .entries
        .iter()
        .take_while(|entry| entry.at <= until)
        .count()
    {
        0 => unknown(),
        seen => Answer::json(StatusCode::OK, &view(&slot, &payment, seen)),
    }
}
