//! From an event to the last attempt of its last delivery.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::epayment::Event;
use crate::faults::{Fault, Place, Struck, Subject};
use crate::lock::{Held as _, Shared as _};
use crate::webhooks::book::Bucket;
use crate::webhooks::delivery::{Attempt, AttemptOutcome, Delivery, LineKey};
use crate::webhooks::kinds;
use crate::webhooks::post::{self, Post, Target};
use crate::webhooks::queue::Move;
use crate::webhooks::schedule::{self, Attempts};
use crate::webhooks::signature::{self, Signature};
use crate::webhooks::state::State;
use crate::world::World;

/// The operations that fault rules know deliveries by: an event entering a line, and one attempt.
const ENTERING: &str = "delivery.event";
const ATTEMPTING: &str = "delivery.attempt";

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
            let lost = Made {
                url,
                psp_reference: delivery.psp_reference,
                event: delivery.event,
                attempt: 1,
                began: now,
            };
            state
                .log
                .write(lost.entry(&key, now, AttemptOutcome::NeverSent, None, struck.rules));
            return;
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

fn rejoin_at(world: &Arc<World>, epoch: u64, key: LineKey, at: OffsetDateTime) {
    let weak = Arc::downgrade(world);
    world.clock().at(at, move || {
        let Some(world) = weak.upgrade() else { return };
        let mut state = world.webhooks.state.held();
        if state.epoch != epoch {
            return;
        }
        let moved = state
            .lines
            .get_mut(&key)
            .map(|line| (line.rejoin(), line.head().and_then(|it| it.not_before)));
        if let Some((Move::Begin, due)) = moved {
            begin(&world, epoch, key, due);
        }
    });
}

/// Begins an attempt of the head of a line, at `due` or at once.
fn begin(world: &Arc<World>, epoch: u64, key: LineKey, due: Option<OffsetDateTime>) {
    match due.filter(|due| *due > world.clock().now()) {
        None => spawn(world, epoch, key),
        Some(due) => {
            let weak = Arc::downgrade(world);
            world.clock().at(due, move || {
                if let Some(world) = weak.upgrade() {
                    spawn(&world, epoch, key);
                }
            });
        }
    }
}

/// The clock is held from before the task exists, so that it cannot be turned past the attempt.
fn spawn(world: &Arc<World>, epoch: u64, key: LineKey) {
    let (hold, task_world) = (world.clock().hold(), world.clone());
    world.spawn(async move {
        attempt(&task_world, epoch, key).await;
        drop(hold);
    });
}

async fn attempt(world: &Arc<World>, epoch: u64, key: LineKey) {
    let places = world.webhooks.state.held().places(key.registration);
    // Closed never: the place is kept until the attempt is over.
    let Ok(_place) = places.acquire_owned().await else {
        return;
    };
    let Some(ready) = prepare(world, epoch, &key) else {
        return;
    };
    let outcome = match (ready.target, world.webhooks.client()) {
        (Target::Withheld, _) => AttemptOutcome::Withheld,
        (Target::At(_), None) => AttemptOutcome::Unreachable,
        (Target::At(to), Some(client)) => {
            let post = Post {
                to,
                signature: ready.signature,
                webhook_id: ready.webhook_id,
                body: ready.body,
                answer_within: ready.answer_within,
            };
            post::send(client, post).await
        }
    };
    settle(
        world,
        epoch,
        key,
        ready.made,
        outcome,
        ready.answer_within,
        ready.rules,
    );
}

/// Everything about one attempt that is decided before it is sent.
struct Ready {
    target: Target,
    signature: Signature,
    webhook_id: Option<String>,
    body: bytes::Bytes,
    answer_within: Duration,
    made: Made,
    rules: Vec<String>,
}

/// What the log says of an attempt apart from its end.
struct Made {
    url: String,
    psp_reference: String,
    event: crate::epayment::EventName,
    attempt: u32,
    began: OffsetDateTime,
}

impl Made {
    fn entry(
        self,
        key: &LineKey,
        ended: OffsetDateTime,
        outcome: AttemptOutcome,
        next: Option<OffsetDateTime>,
        faults: Vec<String>,
    ) -> Attempt {
        Attempt {
            number: 0,
            registration: key.registration,
            url: self.url,
            msn: key.msn.clone(),
            reference: key.reference.clone(),
            psp_reference: self.psp_reference,
            event: self.event,
            attempt: self.attempt,
            began: self.began,
            ended,
            outcome,
            next,
            faults,
        }
    }
}

/// `None` when the registration or the line is gone.
fn prepare(world: &Arc<World>, epoch: u64, key: &LineKey) -> Option<Ready> {
    let dials = world.dials();
    let now = world.clock().now();
    let mut state = world.webhooks.state.held();
    let state = &mut *state;
    if state.epoch != epoch {
        return None;
    }
    let registration = state.book.find(key.registration)?;
    let delivery = state.lines.get_mut(key)?.head()?;
    let within = format!(
        "{} {} {}",
        key.registration,
        delivery.psp_reference,
        delivery.event.name()
    );
    let struck = draw(world, Place::Attempt, key, &within);
    let wrongly = matches!(struck.fault, Some(Fault::WronglySigned));
    let sign = |secret: &str, url: &Url| signature::sign(secret, url, now, &delivery.body);
    let signature = match &delivery.first_signature {
        _ if wrongly => sign(&format!("not {}", registration.secret), &registration.url),
        Some(first) if !dials.webhooks.retries_re_signed => first.clone(),
        Some(_) | None => sign(&registration.secret, &registration.url),
    };
    if delivery.first_signature.is_none() && !wrongly {
        delivery.first_signature = Some(signature.clone());
    }
    delivery.first_began.get_or_insert(now);
    let made = Made {
        url: registration.spelled.clone(),
        psp_reference: delivery.psp_reference.clone(),
        event: delivery.event,
        attempt: delivery.made + 1,
        began: now,
    };
    Some(Ready {
        target: post::target(&dials.webhooks, &registration.url, &signature.host),
        signature,
        webhook_id: dials
            .webhooks
            .webhook_id_header
            .then(|| key.registration.to_string()),
        body: delivery.body.clone(),
        answer_within: Duration::from_millis(dials.webhooks.answer_within_millis),
        made,
        rules: struck.rules,
    })
}

/// Draws the consequences of an attempt: the next one, the next delivery, or the end of the line.
fn settle(
    world: &Arc<World>,
    epoch: u64,
    key: LineKey,
    made: Made,
    outcome: AttemptOutcome,
    answer_within: Duration,
    rules: Vec<String>,
) {
    let mut state = world.webhooks.state.held();
    let state = &mut *state;
    if state.epoch != epoch {
        return;
    }
    let began = made.began;
    // The wait for an answer is real time; on a virtual clock it has taken as long as it may.
    let ended = match outcome {
        AttemptOutcome::TimedOut => world.clock().now().max(began + answer_within),
        AttemptOutcome::Answered(_)
        | AttemptOutcome::Unreachable
        | AttemptOutcome::NeverSent
        | AttemptOutcome::Withheld => world.clock().now(),
    };
    let (good, failed) = (outcome.is_good(), outcome.is_failure());
    let mut next = None;
    let mut again = false;
    if let Some(delivery) = state.lines.get_mut(&key).and_then(|line| line.head()) {
        delivery.made += 1;
        let first_began = delivery.first_began.unwrap_or(began);
        if failed && !delivery.delivered {
            next = schedule::next(Attempts {
                made: delivery.made,
                first_began,
                last_ended: ended,
            });
        }
        delivery.delivered |= good;
        again = delivery.delivered && delivery.copies > 0;
        if again {
            delivery.copies -= 1;
        }
    }
    state.log.write(made.entry(&key, ended, outcome, next, rules));
    heard(world, state, &key, began, good, failed);
    if next.is_some() || again {
        return begin(world, epoch, key, next);
    }
    let Some(line) = state.lines.get_mut(&key) else {
        return;
    };
    match line.leave() {
        Move::Begin => {
            let due = line.head().and_then(|it| it.not_before);
            begin(world, epoch, key, due);
        }
        Move::Stay if line.is_empty() => {
            state.lines.remove(&key);
        }
        Move::Stay => {}
    }
}

/// Keeps track of how long an endpoint has been silent.
fn heard(
    world: &Arc<World>,
    state: &mut State,
    key: &LineKey,
    began: OffsetDateTime,
    good: bool,
    failed: bool,
) {
    let Some(registration) = state.book.find(key.registration) else {
        return;
    };
    if good {
        registration.silent_since = None;
    } else if failed && registration.silent_since.is_none() {
        registration.silent_since = Some(began);
        let bucket = registration.bucket.clone();
        remove_when_silent(world, state.epoch, bucket, key.registration, began);
    }
}

fn remove_when_silent(world: &Arc<World>, epoch: u64, bucket: Bucket, id: Uuid, since: OffsetDateTime) {
    let weak = Arc::downgrade(world);
    world.clock().at(since + schedule::SILENCE_ALLOWED, move || {
        let Some(world) = weak.upgrade() else { return };
        let mut state = world.webhooks.state.held();
        let silent = state.epoch == epoch
            && state
                .book
                .find(id)
                .is_some_and(|it| it.silent_since == Some(since));
        if silent {
            state.remove(&bucket, id);
        }
    });
}

fn draw(world: &World, place: Place, key: &LineKey, within: &str) -> Struck {
    let operation = match place {
        Place::Attempt => ATTEMPTING,
        Place::Event | Place::Request => ENTERING,
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
