//! One owner carrying one operation on, a step at a time: it can be stopped, overtaken or forgotten after any.

use domain::operation::resolve::{self, Missing, may_replay, missing, next_look, retry_after};
use domain::operation::{Evidence, Kind, Sought, Status, Verdict, verdict};
use domain::{Aggregate, EventName, Outcome, Payment, Reading, Rejected};
use time::OffsetDateTime;

use super::books::{Books, Held, Operation, Presence, Release};
use super::line::{Line, Read};
use super::vipps::Call;

/// All operations of a history are spread alike.
const SALT: u64 = 77;

#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) held: Held,
    /// The operation as this owner knows it: its own memory, not the books.
    operation: Operation,
    before: Payment,
    /// When the last send left that may have reached Vipps and has no answer that is known.
    doubted: Option<OffsetDateTime>,
    /// Vipps' last definite no, for as long as it is not known whether it is the last word.
    no: Option<Rejected>,
    transients: u32,
    unsent: u32,
    waiting: Waiting,
    /// The client id it works under from its beginning to its end, as it read the keys once.
    client: u8,
    pub(crate) step: Step,
}

/// Who waits for the end, and until when.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Waiting {
    Nobody,
    /// The one who asked for it.
    Caller(OffsetDateTime),
    /// One who wants something else, once this is out of the way.
    Other(OffsetDateTime),
}

impl Waiting {
    fn outlasts(self, at: OffsetDateTime) -> bool {
        match self {
            Self::Nobody => false,
            Self::Caller(until) | Self::Other(until) => at <= until,
        }
    }

    fn is_wanted(self, now: OffsetDateTime) -> bool {
        match self {
            Self::Caller(until) => now <= until,
            Self::Nobody | Self::Other(_) => false,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Step {
    Send,
    /// The answer has come and nothing is written yet.
    Judge(Outcome, Option<Aggregate>),
    Again(OffsetDateTime, Rejected),
    Unsent,
    Look(Option<Rejected>),
    /// Waits for the next look.
    Pause(OffsetDateTime),
    End(Status, Option<Release>, Option<Reading>),
    Postpone,
    Done,
}

impl Owner {
    pub(crate) fn begun(books: &Books, held: Held, client: u8, until: OffsetDateTime) -> Self {
        Self {
            held,
            operation: books.operations[held.operation].clone(),
            before: books.payment.clone().unwrap(),
            doubted: None,
            no: None,
            transients: 0,
            unsent: 0,
            waiting: Waiting::Caller(until),
            client,
            step: Step::Send,
        }
    }

    pub(crate) fn claimed(books: &Books, held: Held, client: u8, waiting: Waiting) -> Self {
        let operation = &books.operations[held.operation];
        Self {
            doubted: operation.doubted,
            no: operation.no.clone(),
            waiting,
            step: Step::Look(None),
            ..Self::begun(books, held, client, OffsetDateTime::UNIX_EPOCH)
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.step, Step::Done)
    }

    /// Until when it sleeps, if it does.
    pub(crate) fn wakes_at(&self) -> Option<OffsetDateTime> {
        match self.step {
            Step::Again(at, _) | Step::Pause(at) => Some(at),
            Step::Send
            | Step::Judge(..)
            | Step::Unsent
            | Step::Look(_)
            | Step::End(..)
            | Step::Postpone
            | Step::Done => None,
        }
    }

    /// The name of the step that comes next, for the table.
    pub(crate) fn next(&self) -> &'static str {
        match self.step {
            Step::Send => "crash before send",
            Step::Judge(..) => "crash after send",
            Step::Again(..) => "crash while asked to try again",
            Step::Unsent => "crash after nothing left",
            Step::Look(_) => "crash before look",
            Step::Pause(_) => "crash between looks",
            Step::End(..) => "crash before settle",
            Step::Postpone => "crash before leaving it open",
            Step::Done => "crash after the end",
        }
    }

    pub(crate) fn take_step(&mut self, books: &mut Books, line: &mut Line, now: OffsetDateTime) {
        let step = std::mem::replace(&mut self.step, Step::Done);
        self.step = match step {
            Step::Send => self.send(books, line, now),
            Step::Judge(outcome, sums) => self.judge(outcome, sums, now),
            Step::Again(at, no) if now < at => Step::Again(at, no),
            Step::Again(_, no) => match books.store_send(&mut self.held, 1, now) {
                Ok(true) => self.sending(now),
                Ok(false) => Step::Look(Some(no)),
                Err(()) => Step::Done,
            },
            Step::Unsent => match books.store_send(&mut self.held, 1, now) {
                Ok(true) => self.sending(now),
                Ok(false) => Step::End(Status::Refused, Some(Release::NotSent), None),
                Err(()) => Step::Done,
            },
            Step::Look(after) => self.look(books, line, after, now),
            Step::Pause(at) if now < at => Step::Pause(at),
            Step::Pause(_) => Step::Look(None),
            Step::End(status, release, reading) => {
                books.settle(&self.held, status, release, reading.as_ref());
                Step::Done
            }
            Step::Postpone => {
                let at = self.next_look(books, now);
                let operation = &mut books.operations[self.held.operation];
                if operation.status.is_open() {
                    operation.rounds = self.operation.rounds;
                    operation.missing = self.operation.missing;
                }
                books.postpone(&self.held, self.doubted, self.no.clone(), at);
                Step::Done
            }
            Step::Done => Step::Done,
        };
    }

    fn sending(&mut self, now: OffsetDateTime) -> Step {
        self.operation.sends += 1;
        self.operation.missing = 0;
        self.operation.sent.last = now;
        Step::Send
    }

    fn send(&self, books: &Books, line: &mut Line, now: OffsetDateTime) -> Step {
        if now + books.settings.call_limit > self.held.until {
            let reason = String::new();
            return Step::Judge(Outcome::NotSent { reason }, None);
        }
        let call = Call {
            kind: self.operation.wish.kind,
            key: self.operation.upstream.clone(),
            client: self.client,
            body: self.operation.wish.value,
            transaction_only: self.operation.wish.transaction_only,
        };
        let (outcome, sums) = line.write(&call, now);
        Step::Judge(outcome, sums)
    }

    fn judge(&mut self, outcome: Outcome, sums: Option<Aggregate>, now: OffsetDateTime) -> Step {
        match Verdict::of(self.operation.wish.kind, outcome, self.doubted.is_some()) {
            Verdict::Succeeded(_) if self.doubted.is_none() && !self.shown_by(sums) => {
                self.doubted = Some(self.operation.sent.last);
                Step::Look(None)
            }
            Verdict::Succeeded(_) => Step::End(Status::Succeeded, None, None),
            Verdict::Refused(_) => Step::End(Status::Refused, None, None),
            Verdict::Released(_) => Step::End(Status::Refused, Some(Release::Rejected), None),
            Verdict::NotSent if self.unsent == 0 => {
                self.unsent = 1;
                Step::Unsent
            }
            Verdict::NotSent => Step::End(Status::Refused, Some(Release::NotSent), None),
            Verdict::Again(rejected) => {
                self.transients += 1;
                let wait = retry_after(self.transients, rejected.retry_after, 7);
                match wait.map(|wait| now + wait) {
                    Some(at) if self.waiting.outlasts(at) => Step::Again(at, rejected),
                    Some(_) | None => Step::Look(Some(rejected)),
                }
            }
            Verdict::Look(rejected) => Step::Look(Some(rejected)),
            Verdict::Unknown => {
                self.doubted = Some(self.operation.sent.last);
                Step::Look(None)
            }
        }
    }

    fn shown_by(&self, sums: Option<Aggregate>) -> bool {
        let (Some(sums), value) = (sums, self.operation.wish.value) else {
            return true;
        };
        match self.operation.wish.kind {
            Kind::Capture => sums.captured >= self.before.aggregate.captured + value,
            Kind::Refund => sums.refunded >= self.before.aggregate.refunded + value,
            Kind::Create | Kind::Cancel => true,
        }
    }

    fn look(
        &mut self,
        books: &mut Books,
        line: &mut Line,
        after: Option<Rejected>,
        now: OffsetDateTime,
    ) -> Step {
        if !books.renew(&mut self.held, now) {
            return Step::Done;
        }
        self.operation.rounds += 1;
        if let Some(no) = after.as_ref().filter(|no| !verdict::is_transient(no)) {
            self.no = Some(no.clone());
        }
        let after = after.or_else(|| self.no.clone());
        if self.operation.wish.kind == Kind::Create {
            return self.look_for_payment(books, line, after, now);
        }
        let Some(log) = line.events(now) else {
            return self.pause(books, now);
        };
        let sought = Sought {
            kind: self.operation.wish.kind,
            key: &self.operation.upstream,
            amount: self.operation.amount(),
            sends: self.operation.sends,
            last_sent_at: self.operation.sent.last,
        };
        match sought.in_log(&log) {
            Evidence::Succeeded => Step::End(Status::Succeeded, None, line.get(now).found()),
            Evidence::Failed => Step::End(Status::Refused, None, line.get(now).found()),
            Evidence::Contradiction => self.pause(books, now),
            Evidence::None if self.operation.wish.kind == Kind::Cancel => {
                let Read::Found(reading) = line.get(now) else {
                    return self.pause(books, now);
                };
                let after_it = Payment {
                    state: reading.state,
                    aggregate: reading.aggregate,
                    ..self.before.clone()
                };
                if after_it.is_cancelled() {
                    return Step::End(Status::Succeeded, None, Some(reading));
                }
                self.by_the_answer(books, after, now)
            }
            Evidence::None => self.by_the_answer(books, after, now),
        }
    }

    fn by_the_answer(&mut self, books: &mut Books, after: Option<Rejected>, now: OffsetDateTime) -> Step {
        match after {
            Some(no) if !verdict::is_transient(&no) => {
                let kind = self.operation.wish.kind;
                let may_be_done = kind != Kind::Create || verdict::may_hide_a_yes(kind, &no);
                if may_be_done && !resolve::is_last_word(self.doubted, now) {
                    return self.pause(books, now);
                }
                Step::End(Status::Refused, None, None)
            }
            Some(_) if self.doubted.is_none() => Step::End(Status::Refused, Some(Release::Rejected), None),
            Some(_) => self.pause(books, now),
            None => self.replay(books, now),
        }
    }

    fn replay(&mut self, books: &mut Books, now: OffsetDateTime) -> Step {
        let is_wanted = self.operation.wish.kind != Kind::Create || self.waiting.is_wanted(now);
        let same = self.client == self.operation.client;
        let horizon = books.settings.replay_horizon;
        let is_due = self.operation.rounds >= 2 && now >= self.repeat_at();
        if !is_due || !is_wanted || !may_replay(&self.operation.sent, same, now, horizon) {
            return self.pause(books, now);
        }
        match books.store_send(&mut self.held, 0, now) {
            Ok(true) => self.sending(now),
            Ok(false) => self.pause(books, now),
            Err(()) => Step::Done,
        }
    }

    fn look_for_payment(
        &mut self,
        books: &mut Books,
        line: &mut Line,
        after: Option<Rejected>,
        now: OffsetDateTime,
    ) -> Step {
        match line.get(now) {
            Read::Failed => self.pause(books, now),
            Read::Missing if after.is_some() => self.by_the_answer(books, after, now),
            Read::Missing => match missing(&self.operation.sent, self.operation.missing, now) {
                Missing::NotCreated => Step::End(Status::NotCreated, None, None),
                Missing::LookAgain(_) => {
                    self.operation.missing += 1;
                    self.replay(books, now)
                }
            },
            Read::Found(reading) => {
                let Some(log) = line.events(now) else {
                    return self.pause(books, now);
                };
                let is_theirs = log.iter().any(|event| {
                    event.name == EventName::Created
                        && event
                            .key
                            .as_ref()
                            .is_some_and(|key| *key != self.operation.upstream)
                });
                if is_theirs {
                    return Step::End(Status::Refused, None, None);
                }
                Step::End(Status::Succeeded, None, Some(reading))
            }
        }
    }

    fn next_look(&self, books: &Books, now: OffsetDateTime) -> OffsetDateTime {
        let sent = &self.operation.sent;
        let rounds = self.operation.rounds.saturating_sub(1);
        let at = next_look(sent, rounds, now, books.settings.replay_horizon, SALT);
        let decided_by = match self.doubted {
            Some(doubted) if self.no.is_some() => Some(doubted),
            Some(_) | None if self.operation.wish.kind == Kind::Create => Some(sent.last),
            Some(_) | None => None,
        };
        let decisive = decided_by.map(|from| from + resolve::MISSING_FOR);
        let repeat = self.no.is_none().then(|| self.repeat_at());
        [decisive, repeat]
            .into_iter()
            .flatten()
            .filter(|sooner| *sooner > now)
            .fold(at, OffsetDateTime::min)
    }

    fn repeat_at(&self) -> OffsetDateTime {
        resolve::repeat_at(&self.operation.sent, self.operation.sends, SALT)
    }

    fn pause(&self, books: &Books, now: OffsetDateTime) -> Step {
        let at = self.next_look(books, now);
        if self.waiting.outlasts(at) {
            Step::Pause(at)
        } else {
            Step::Postpone
        }
    }
}

/// A GET under way: begun under one version of the books, merged under whichever they have by then.
#[derive(Debug)]
pub(crate) struct Refresh {
    pub(crate) began: i64,
    pub(crate) reading: Option<Reading>,
}

impl Refresh {
    pub(crate) fn begin(books: &Books, line: &mut Line, now: OffsetDateTime) -> Self {
        Self {
            began: books.payment.as_ref().map_or(0, |payment| payment.version),
            reading: line.get(now).found(),
        }
    }

    pub(crate) fn end(self, books: &mut Books) -> Result<(), String> {
        match self.reading {
            // A payment that a create still waits for is that create's to find.
            Some(_) if books.presence != Presence::Present => Ok(()),
            Some(reading) => books.merge(&reading, self.began),
            None => Ok(()),
        }
    }
}
