//! One attempt to deliver the head of a line, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::faults::{Fault, Place};
use crate::lock::Held as _;
use crate::webhooks::book::Bucket;
use crate::webhooks::delivery::{AttemptOutcome, LineKey, Made};
use crate::webhooks::enter::draw;
use crate::webhooks::post::{self, Post, Target};
use crate::webhooks::queue::Move;
use crate::webhooks::schedule::{self, Attempts};
use crate::webhooks::signature;
use crate::webhooks::state::State;
use crate::world::World;

/// Begins an attempt of the head of a line, at `due` or at once. `epoch` is the world's, so that
/// what was begun before a reset comes to nothing after it.
pub(crate) fn begin(world: &Arc<World>, epoch: u64, key: LineKey, due: Option<OffsetDateTime>) {
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
    let Some(Ready { to, post, made }) = prepare(world, epoch, &key) else {
        return;
    };
    let answer_within = post.answer_within;
    let outcome = match (to, world.webhooks.client()) {
        (Target::Withheld, _) => AttemptOutcome::Withheld,
        (Target::At(_), None) => AttemptOutcome::Unreachable,
        (Target::At(to), Some(client)) => post::send(client, to, post).await,
    };
    let now = world.clock().now();
    // The wait for an answer is real time; on a virtual clock it has taken as long as it may.
    let ended = match outcome {
        AttemptOutcome::TimedOut => now.max(made.began + answer_within),
        AttemptOutcome::Answered(_)
        | AttemptOutcome::Unreachable
        | AttemptOutcome::NeverSent
        | AttemptOutcome::Withheld => now,
    };
    let mut state = world.webhooks.state.held();
    if state.epoch == epoch {
        settle(world, &mut state, key, made, ended, outcome);
    }
}

/// Everything about one attempt that is decided before it is sent.
struct Ready {
    to: Target,
    post: Post,
    made: Made,
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
    let made = Made::of(delivery, registration.spelled.clone(), now, struck.rules);
    let to = post::target(&dials.webhooks, &registration.url, &signature.host);
    let post = Post {
        signature,
        webhook_id: dials
            .webhooks
            .webhook_id_header
            .then(|| key.registration.to_string()),
        body: Bytes::clone(&delivery.body),
        answer_within: Duration::from_millis(dials.webhooks.answer_within_millis),
    };
    Some(Ready { to, post, made })
}

/// Draws the consequences: the next attempt, the next delivery, or the end of the line.
fn settle(
    world: &Arc<World>,
    state: &mut State,
    key: LineKey,
    made: Made,
    ended: OffsetDateTime,
    outcome: AttemptOutcome,
) {
    let (began, good, failed) = (made.began, outcome.is_good(), outcome.is_failure());
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
    state.log.write(made.entry(&key, ended, outcome, next));
    if good || failed {
        heard(world, state, &key, began, good);
    }
    if next.is_some() || again {
        return begin(world, state.epoch, key, next);
    }
    let Some(line) = state.lines.get_mut(&key) else {
        return;
    };
    match line.leave() {
        Move::Begin => {
            let due = line.head().and_then(|it| it.not_before);
            begin(world, state.epoch, key, due);
        }
        Move::Stay if line.is_empty() => {
            state.lines.remove(&key);
        }
        Move::Stay => {}
    }
}

/// Keeps track of how long an endpoint that was asked has not answered well.
fn heard(world: &Arc<World>, state: &mut State, key: &LineKey, began: OffsetDateTime, good: bool) {
    let Some(registration) = state.book.find(key.registration) else {
        return;
    };
    if good {
        registration.silent_since = None;
    } else if registration.silent_since.is_none() {
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
