//! What time does to payments: expiry after 10 minutes (or at `expiresAt`), release of what is
//! reserved at the capture deadline, and the end of the hour in which magic amount 201 is unknown.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::{Arc, Mutex};

use crate::epayment::events::EventName;
use crate::epayment::payment::{Entry, Payment, Slot, State, instant, millis};
use crate::lock::{Held as _, Shared as _};
use crate::registry::parties::Market;
use crate::world::World;

const DAY: i64 = 86_400_000;

/// The instants at which payments must be looked at. One timer of the clock stands for the earliest.
#[derive(Default)]
pub(crate) struct Deadlines {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    next: u64,
    heap: BinaryHeap<Reverse<Deadline>>,
    /// The instants at which a timer of the clock is set. One that is no longer needed stays until
    /// it fires, so that no instant gets a second one.
    armed: BTreeSet<i64>,
}

struct Deadline {
    at: i64,
    number: u64,
    slot: Arc<Slot>,
}

impl Deadlines {
    pub(crate) fn clear(&self) {
        let old = std::mem::take(&mut *self.queue.held());
        drop(old);
    }
}

impl World {
    pub(crate) fn expire_at(&self, at: i64, slot: &Arc<Slot>) {
        self.look_at(at, slot);
    }

    pub(crate) fn release_at(&self, at: i64, slot: &Arc<Slot>) {
        self.look_at(at, slot);
    }

    pub(crate) fn settle_unknown_at(&self, at: i64, slot: &Arc<Slot>) {
        self.look_at(at, slot);
    }

    fn look_at(&self, at: i64, slot: &Arc<Slot>) {
        let mut queue = self.deadlines.queue.held();
        let number = queue.next;
        queue.next += 1;
        queue.heap.push(Reverse(Deadline {
            at,
            number,
            slot: slot.clone(),
        }));
        if queue.armed.first().is_none_or(|armed| at < *armed) {
            queue.armed.insert(at);
            drop(queue);
            self.arm(at);
        }
    }

    fn arm(&self, at: i64) {
        let world = self.weak();
        self.clock().at(instant(at), move || {
            if let Some(world) = world.upgrade() {
                world.run_deadlines(at);
            }
        });
    }

    fn run_deadlines(&self, fired: i64) {
        let now = millis(self.clock().now());
        self.deadlines.queue.held().armed.remove(&fired);
        loop {
            let due = {
                let mut queue = self.deadlines.queue.held();
                match queue.heap.peek() {
                    Some(Reverse(first)) if first.at <= now => queue.heap.pop(),
                    Some(Reverse(first)) => {
                        let next = first.at;
                        let covered = queue.armed.first().is_some_and(|armed| *armed <= next);
                        if !covered {
                            queue.armed.insert(next);
                            drop(queue);
                            self.arm(next);
                        }
                        return;
                    }
                    None => return,
                }
            };
            if let Some(Reverse(deadline)) = due {
                self.lapse(&deadline.slot, &mut deadline.slot.lock(), now);
            }
        }
    }

    /// Brings a payment up to `now`. Everything that looks at a payment does this first, so that
    /// nobody sees one that has outlived its time.
    pub(crate) fn lapse(&self, slot: &Arc<Slot>, payment: &mut Payment, now: i64) {
        self.end_of_unknown(slot, payment, now);
        let totals = payment.totals();
        let unknown = payment
            .extras
            .as_ref()
            .is_some_and(|extras| extras.unknown_until.is_some());
        match totals.state {
            State::Created if payment.expires <= now && !unknown => {
                let (amount, at) = (payment.amount, payment.expires);
                self.enter(
                    slot,
                    payment,
                    Entry {
                        amount,
                        at,
                        key: None,
                        name: EventName::Expired,
                        success: true,
                    },
                );
            }
            State::Authorized if totals.rest() > 0 && self.dials().release_at_deadline => {
                if let Some(at) = self.capture_by(slot, payment).filter(|at| *at <= now) {
                    let amount = totals.rest();
                    self.enter(
                        slot,
                        payment,
                        Entry {
                            amount,
                            at,
                            key: None,
                            name: EventName::Cancelled,
                            success: true,
                        },
                    );
                }
            }
            State::Created | State::Authorized | State::Aborted | State::Expired | State::Terminated => {}
        }
    }

    fn end_of_unknown(&self, slot: &Arc<Slot>, payment: &mut Payment, now: i64) {
        let Some(extras) = payment.extras.as_mut() else {
            return;
        };
        let Some(at) = extras.unknown_until.filter(|until| *until <= now) else {
            return;
        };
        extras.unknown_until = None;
        let amount = payment.amount;
        self.enter(
            slot,
            payment,
            Entry {
                amount,
                at,
                key: None,
                name: EventName::Authorized,
                success: true,
            },
        );
        if let Some(deadline) = self.capture_by(slot, payment) {
            self.release_at(deadline, slot);
        }
    }

    fn enter(&self, slot: &Arc<Slot>, payment: &mut Payment, entry: Entry) {
        payment.entries.push(entry);
        self.tell(slot, payment, payment.entries.len() - 1);
    }

    /// When the reservation lapses: 180 days in Norway; 14 in Denmark and Finland, or 180 with late capture.
    pub(crate) fn capture_by(&self, slot: &Slot, payment: &Payment) -> Option<i64> {
        let reserved = payment.totals().authorized_at?;
        let registry = self.registry.reading();
        let unit = registry.unit(&slot.msn)?;
        let days = match unit.market {
            Market::No => 180,
            Market::Dk | Market::Fi if unit.features.late_capture_allowed => 180,
            Market::Dk | Market::Fi => 14,
        };
        Some(reserved + days * DAY)
    }
}

impl Ord for Deadline {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Deadline {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Deadline {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == std::cmp::Ordering::Equal
    }
}

impl Eq for Deadline {}
