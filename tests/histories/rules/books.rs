//! What the driver's gateway remembers: the rows of one payment, changed one transaction at a time.

use app::Settings;
use domain::idempotency::{Bound, Decision};
use domain::operation::resolve::Sent;
use domain::operation::{Kind, Status, generation};
use domain::upstream_key::{Identity, UpstreamKey};
use domain::{
    Amount, AssignmentId, Currency, Environment, IdempotencyKey, Merged, Move, Open, PartnerId, Payment,
    PaymentId, Reading, Reference, Rejected, State,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// What a partner wants, under one key of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) kind: Kind,
    pub(crate) value: i64,
    pub(crate) transaction_only: bool,
    pub(crate) key: IdempotencyKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Expected,
    Present,
    Burnt,
}

/// Whether the end of an operation gave the caller's key free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    Rejected,
    NotSent,
}

#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) wish: Wish,
    pub(crate) upstream: UpstreamKey,
    pub(crate) generation: u32,
    pub(crate) client: u8,
    pub(crate) status: Status,
    pub(crate) release: Option<Release>,
    /// When the last send left that may have come about.
    pub(crate) doubted: Option<OffsetDateTime>,
    /// Vipps' last definite no, as long as it is not the last word.
    pub(crate) no: Option<Rejected>,
    pub(crate) sends: u32,
    pub(crate) sent: Sent,
    pub(crate) rounds: u32,
    pub(crate) missing: u32,
    pub(crate) next_step_at: Option<OffsetDateTime>,
}

impl Operation {
    pub(crate) fn amount(&self) -> Option<Amount> {
        (self.wish.kind != Kind::Cancel).then(|| nok(self.wish.value))
    }
}

/// The right to move the payment's money, as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) operation: usize,
    pub(crate) fence: i64,
    pub(crate) until: OffsetDateTime,
}

#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) settings: Settings,
    pub(crate) payment: Option<Payment>,
    pub(crate) presence: Presence,
    pub(crate) busy_with: Option<usize>,
    pub(crate) lease_until: Option<OffsetDateTime>,
    fence: i64,
    pub(crate) operations: Vec<Operation>,
    sent: Vec<(Kind, OffsetDateTime)>,
}

/// What became of a wish.
#[derive(Debug)]
pub(crate) enum Intent {
    Begun(Held),
    Known(usize),
    Occupied(usize),
    Unread,
    Refused,
    Limited,
}

impl Books {
    pub(crate) fn new() -> Self {
        Self {
            settings: Settings::default(),
            payment: None,
            presence: Presence::Expected,
            busy_with: None,
            lease_until: None,
            fence: 0,
            operations: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn holder(&self, key: &IdempotencyKey) -> Option<usize> {
        self.operations
            .iter()
            .rposition(|operation| operation.wish.key == *key && operation.release.is_none())
    }

    /// Stores an intent with its first send, or says why not.
    pub(crate) fn intend(&mut self, wish: &Wish, just_read: bool, client: u8, now: OffsetDateTime) -> Intent {
        let holder = self.holder(&wish.key);
        let bound = holder.map(|index| Bound {
            same_request: self.operations[index].wish == *wish,
            settled: !self.operations[index].status.is_open(),
        });
        match Decision::of(bound) {
            Decision::New => {}
            Decision::Replay | Decision::Join => return Intent::Known(holder.unwrap()),
            Decision::Reused => panic!("the script reuses no key"),
        }
        if let Some(busy) = self.busy_with {
            return Intent::Occupied(busy);
        }
        if let Some(no) = self.take(wish, just_read, now) {
            return no;
        }
        let budget = self.settings.writes.keeping_back(1);
        if budget.admit(&self.sent_times(wish.kind), now).is_err() {
            return Intent::Limited;
        }
        Intent::Begun(self.begin(wish, client, now))
    }

    /// `None` = the wish may go on.
    fn take(&mut self, wish: &Wish, just_read: bool, now: OffsetDateTime) -> Option<Intent> {
        let no = if just_read {
            Intent::Refused
        } else {
            Intent::Unread
        };
        let wanted = match wish.kind {
            Kind::Create => {
                return match self.presence {
                    Presence::Burnt => Some(Intent::Refused),
                    Presence::Present => Some(no),
                    Presence::Expected => {
                        self.payment.get_or_insert_with(|| expected(wish.value, now));
                        None
                    }
                };
            }
            Kind::Capture => Move::Capture(nok(wish.value)),
            Kind::Refund => Move::Refund(nok(wish.value)),
            Kind::Cancel => Move::Cancel {
                transaction_only: wish.transaction_only,
            },
        };
        if self.presence != Presence::Present {
            return Some(no);
        }
        let open = Open::over(
            self.operations
                .iter()
                .filter(|operation| operation.status.is_open())
                .map(|operation| (operation.wish.kind, operation.wish.value)),
        );
        self.payment.as_ref()?.allow(wanted, open).err().map(|_| no)
    }

    fn begin(&mut self, wish: &Wish, client: u8, now: OffsetDateTime) -> Held {
        let ended = self
            .operations
            .iter()
            .filter(|operation| operation.wish == *wish)
            .filter_map(|operation| {
                Some(generation::Ended {
                    generation: operation.generation,
                    rejected: operation.release? == Release::Rejected,
                })
            });
        let generation = generation::next(ended);
        let payment = self.payment.as_ref().unwrap();
        let upstream = UpstreamKey::derive(&Identity {
            environment: payment.environment,
            msn: &payment.msn,
            partner: payment.partner,
            kind: wish.kind,
            reference: &payment.reference,
            key: &wish.key,
            generation,
        });
        let until = now + self.settings.lease;
        self.operations.push(Operation {
            wish: wish.clone(),
            upstream,
            generation,
            client,
            status: Status::Pending,
            release: None,
            doubted: Some(now),
            no: None,
            sends: 1,
            sent: Sent {
                first: now,
                last: now,
            },
            rounds: 0,
            missing: 0,
            next_step_at: Some(until),
        });
        let operation = self.operations.len() - 1;
        self.sent.push((wish.kind, now));
        self.busy_with = Some(operation);
        self.own(operation, until)
    }

    fn own(&mut self, operation: usize, until: OffsetDateTime) -> Held {
        self.fence += 1;
        self.lease_until = Some(until);
        self.changed();
        Held {
            operation,
            fence: self.fence,
            until,
        }
    }

    fn changed(&mut self) {
        if let Some(payment) = &mut self.payment {
            payment.version += 1;
        }
    }

    /// Takes over an open operation whose owner is gone.
    pub(crate) fn claim(&mut self, operation: usize, now: OffsetDateTime) -> Option<Held> {
        let is_free = self.lease_until.is_none_or(|until| until <= now);
        if self.busy_with != Some(operation) || !is_free {
            return None;
        }
        let until = now + self.settings.lease;
        self.operations[operation].next_step_at = Some(until);
        Some(self.own(operation, until))
    }

    pub(crate) fn owns(&self, held: &Held) -> bool {
        self.busy_with == Some(held.operation) && self.fence == held.fence
    }

    /// The operation that somebody should look at.
    pub(crate) fn due(&self, now: OffsetDateTime) -> Option<usize> {
        let is_due = |operation: &Operation| operation.next_step_at.is_some_and(|at| at <= now);
        self.operations.iter().position(is_due)
    }

    pub(crate) fn sent_times(&self, kind: Kind) -> Vec<OffsetDateTime> {
        self.sent
            .iter()
            .filter(|(sent, _)| *sent == kind)
            .map(|(_, at)| *at)
            .collect()
    }

    /// One more send of an owned operation, if the budget has room. `Err` = the right was lost.
    pub(crate) fn store_send(
        &mut self,
        held: &mut Held,
        kept: usize,
        now: OffsetDateTime,
    ) -> Result<bool, ()> {
        if !self.owns(held) {
            return Err(());
        }
        let kind = self.operations[held.operation].wish.kind;
        let budget = self.settings.writes.keeping_back(kept);
        if budget.admit(&self.sent_times(kind), now).is_err() {
            return Ok(false);
        }
        held.until = now + self.settings.lease;
        self.lease_until = Some(held.until);
        self.sent.push((kind, now));
        let operation = &mut self.operations[held.operation];
        operation.doubted = Some(now);
        operation.sends += 1;
        operation.sent.last = now;
        operation.missing = 0;
        operation.next_step_at = Some(held.until);
        self.changed();
        Ok(true)
    }

    pub(crate) fn renew(&mut self, held: &mut Held, now: OffsetDateTime) -> bool {
        if now + self.settings.call_limit <= held.until {
            return true;
        }
        if !self.owns(held) {
            return false;
        }
        held.until = now + self.settings.lease;
        self.lease_until = Some(held.until);
        self.changed();
        true
    }

    /// Writes the end of an operation; false = the right was lost and nothing was written.
    pub(crate) fn settle(
        &mut self,
        held: &Held,
        status: Status,
        release: Option<Release>,
        reading: Option<&Reading>,
    ) -> bool {
        if !self.owns(held) {
            return false;
        }
        let operation = &mut self.operations[held.operation];
        operation.status = status;
        operation.release = release;
        operation.next_step_at = None;
        let is_create = operation.wish.kind == Kind::Create;
        self.busy_with = None;
        self.lease_until = None;
        self.changed();
        if is_create && status == Status::Succeeded {
            self.presence = Presence::Present;
        }
        if status == Status::NotCreated {
            self.presence = Presence::Burnt;
        }
        if let Some(reading) = reading {
            let began = self.payment.as_ref().unwrap().version;
            self.merge(reading, began).unwrap();
        }
        true
    }

    pub(crate) fn postpone(
        &mut self,
        held: &Held,
        doubted: Option<OffsetDateTime>,
        no: Option<Rejected>,
        at: OffsetDateTime,
    ) {
        if !self.owns(held) {
            return;
        }
        self.lease_until = None;
        let operation = &mut self.operations[held.operation];
        operation.status = Status::Unknown;
        operation.doubted = doubted;
        operation.no = no;
        operation.next_step_at = Some(at);
        self.changed();
    }

    /// Merges what was read since the books had version `began`.
    ///
    /// # Errors
    /// The books took in what they must not.
    pub(crate) fn merge(&mut self, reading: &Reading, began: i64) -> Result<(), String> {
        let Some(payment) = &mut self.payment else {
            let mut payment = expected(reading.amount.value, OffsetDateTime::UNIX_EPOCH);
            payment.state = reading.state;
            payment.aggregate = reading.aggregate;
            self.payment = Some(payment);
            self.presence = Presence::Present;
            return Ok(());
        };
        match payment.merge(reading, began) {
            Merged::Changed(changed) => {
                if payment.version != began {
                    return Err("a reading begun before the books moved on changed them".to_owned());
                }
                if payment.state.is_final() && changed.state != payment.state
                    || !changed.aggregate.has_grown_from(payment.aggregate)
                {
                    return Err("the books went back".to_owned());
                }
                *payment = Payment {
                    version: payment.version + 1,
                    ..changed
                };
                self.presence = Presence::Present;
            }
            Merged::Same => self.presence = Presence::Present,
            Merged::Stale | Merged::Unsound(_) => {}
        }
        Ok(())
    }
}

pub(crate) fn nok(value: i64) -> Amount {
    Amount::new(value, Currency::NOK)
}

pub(crate) fn reference() -> Reference {
    "acme-shop-1".parse().unwrap()
}

fn expected(value: i64, at: OffsetDateTime) -> Payment {
    Payment {
        id: PaymentId::from_uuid(Uuid::from_u128(1)),
        partner: PartnerId::from_uuid(Uuid::from_u128(2)),
        environment: Environment::Test,
        assignment: AssignmentId::from_uuid(Uuid::from_u128(3)),
        msn: "100001".parse().unwrap(),
        reference: reference(),
        state: State::Created,
        amount: nok(value),
        aggregate: domain::Aggregate::default(),
        psp_reference: None,
        created_at: at,
        version: 1,
    }
}
