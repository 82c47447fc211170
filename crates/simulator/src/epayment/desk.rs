//! What every ePayment call passes first: keys and headers, its budget, its idempotency key.

use http::StatusCode;

use crate::answer::Answer;
use crate::call::Call;
use crate::epayment::errors::{locked, refused, transient};
use crate::epayment::idempotency::{LONGEST, Outcome, Pending, Use};
use crate::epayment::limits::{Bucket, READS, WRITES};
use crate::epayment::payment::millis;
use crate::headers::{self, Caller, Msn, Needs};
use crate::pipeline::too_many;
use crate::problem::{self, Refusal, Shape};
use crate::registry::parties::SalesUnit;
use crate::world::World;

const NEEDS: Needs = Needs {
    shape: Shape::Problem,
    msn: Msn::Required,
    specialised: false,
};

pub(crate) fn refuse(world: &World, call: &Call, refusal: &Refusal) -> Answer {
    problem::render(world, call, Shape::Problem, refusal)
}

pub(crate) fn read(world: &World, call: &Call) -> Result<(Caller, SalesUnit), Answer> {
    let (caller, unit) = enter(world, call)?;
    let owner = caller.subscription_key.clone();
    spend(world, call, &owner, READS)?;
    Ok((caller, unit))
}

pub(crate) fn write(world: &World, call: &Call) -> Result<(Caller, SalesUnit), Answer> {
    let (caller, unit) = enter(world, call)?;
    spend(world, call, &unit.msn, WRITES)?;
    Ok((caller, unit))
}

pub(crate) fn enter(world: &World, call: &Call) -> Result<(Caller, SalesUnit), Answer> {
    let caller = headers::authenticate(world, call, NEEDS)?;
    match caller.unit.clone() {
        Some(unit) => Ok((caller, unit)),
        None => Err(refuse(
            world,
            call,
            &Refusal::new(StatusCode::FORBIDDEN, "Forbidden", "No sales unit."),
        )),
    }
}

/// Whether a call must have a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRule {
    Required,
    Optional,
}

/// What the key says before the work begins.
pub(crate) enum Turn<'a> {
    Work(Pending<'a>, Option<Box<str>>),
    Again(Outcome),
}

pub(crate) fn key<'a>(
    world: &'a World,
    call: &Call,
    caller: &Caller,
    rule: KeyRule,
    conflict: u16,
) -> Result<Turn<'a>, Answer> {
    let wrong = |reason: &str| Err(refuse(world, call, &Refusal::field("Idempotency-Key", reason)));
    let key = match (call.header("idempotency-key").filter(|key| !key.is_empty()), rule) {
        (Some(key), _) => key,
        (None, KeyRule::Required) => return wrong("The Idempotency-Key header is required."),
        (None, KeyRule::Optional) => return Ok(Turn::Work(world.keys.none(), None)),
    };
    if key.chars().count() > LONGEST {
        return wrong("The Idempotency-Key header has at most 50 characters.");
    }
    match world
        .keys
        .begin(&world.dials(), caller, call, key, millis(call.at))
    {
        Use::First(pending) => Ok(Turn::Work(pending, Some(key.into()))),
        Use::Again(outcome) => Ok(Turn::Again(outcome)),
        Use::OtherBody => {
            let detail = "The idempotency key was used with another request.";
            Err(refuse(world, call, &refused(conflict, detail)))
        }
        Use::Open => Err(refuse(world, call, &locked())),
    }
}

/// Refuses, and lets the refusal stick to the key when its kind does.
pub(crate) fn stick(world: &World, call: &Call, pending: Pending<'_>, refusal: Refusal) -> Answer {
    let answer = refuse(world, call, &refusal);
    if !transient(&refusal) && world.dials().sticky_statuses.contains(&refusal.status.as_u16()) {
        pending.settle(Outcome::Refused(Box::new(refusal)));
    }
    answer
}

fn spend(world: &World, call: &Call, owner: &str, most: u32) -> Result<(), Answer> {
    let reference = call.reference.as_deref().unwrap_or_default();
    let bucket = Bucket {
        operation: call.operation,
        owner,
        reference,
    };
    let dials = world.dials();
    world
        .budgets
        .admit(bucket, most, millis(call.at), dials.refused_calls_count)
        .map_err(|wait| {
            let seconds = u32::try_from((wait + 999) / 1000).unwrap_or(60);
            too_many(dials.retry_after.then_some(seconds.max(1)))
        })
}
