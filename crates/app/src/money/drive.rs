//! From a stored intent to an end that is known, or to the moment at which nobody waits any longer.

use domain::operation::resolve::retry_after;
use domain::operation::{Kind, Verdict};
use domain::{Accepted, Merged, Outcome, Payment, Rejected};
use store::money::{Answer, Attempt, Ended, Held, NextStep, Operation};
use time::OffsetDateTime;

use super::answer;
use super::intend::Begun;
use super::replay::Stored;
use super::send::send_for;
use super::settle::{Ending, settle};
use crate::admission::Purpose;
use crate::served::Served;
use crate::stale::Fault;
use crate::{App, Error};

/// How far an operation has come.
#[derive(Debug, Clone)]
pub enum Driven {
    Settled(Operation),
    Open(Operation),
}

/// One owner carrying one operation on.
#[derive(Debug)]
pub struct Drive {
    pub(super) unit: Served,
    /// Other keys that serve the unit now: they read what those it began under cannot read any more.
    pub(super) present: Option<Served>,
    pub(super) held: Held,
    pub(super) operation: Operation,
    /// The payment as the books had it when this owner began.
    pub(super) books: Payment,
    /// The last send, and how it ended, as far as it is not written down yet.
    pub(super) attempt: Option<(Attempt, Option<Ended>)>,
    /// When the last send had left at the latest that may have reached Vipps and has no answer that is known.
    pub(super) doubted: Option<OffsetDateTime>,
    /// Vipps' last definite no, for as long as it is not known whether it is the last word.
    pub(super) no: Option<Rejected>,
    /// How often Vipps asked for the same again.
    transients: u32,
    unsent: u32,
    pub(super) waiting: Waiting,
}

/// The keys of an operation that was claimed.
#[derive(Debug, Clone)]
pub struct Hands {
    /// Those it began under, and is sent again under; once they are gone, those that serve the unit.
    pub began: Served,
    /// Those that serve the unit now, where they are others.
    pub present: Option<Served>,
}

/// Who waits for the end of an operation, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    Nobody,
    /// The caller who asked for it.
    Caller(OffsetDateTime),
    /// One who wants something else of the payment, once this is out of the way.
    Other(OffsetDateTime),
}

impl Waiting {
    /// Until when anybody waits.
    pub(super) const fn until(self) -> Option<OffsetDateTime> {
        match self {
            Self::Nobody => None,
            Self::Caller(until) | Self::Other(until) => Some(until),
        }
    }

    /// Whether the operation is still wanted by whom it was made for.
    pub(super) fn is_wanted(self, now: OffsetDateTime) -> bool {
        match self {
            Self::Caller(until) => now <= until,
            Self::Nobody | Self::Other(_) => false,
        }
    }
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Step {
    Send,
    /// The same bytes once more, not before then; if that cannot be, `no` was the last answer.
    Again {
        at: OffsetDateTime,
        no: Rejected,
    },
    /// Nothing had left: the same bytes at once.
    Unsent,
    /// Read what happened. `after` = the answer that made it necessary.
    Look {
        after: Option<Rejected>,
    },
    /// Nothing to learn or to send now.
    Pause,
    End(Ending),
    /// Somebody else owns the payment.
    Lost,
}

impl Drive {
    /// Carries out a fresh intent.
    pub fn begun(begun: Begun, waiting: Waiting) -> Self {
        Self {
            unit: begun.unit,
            present: None,
            held: begun.held,
            operation: begun.operation,
            books: begun.books,
            attempt: Some((begun.attempt, None)),
            doubted: None,
            no: None,
            transients: 0,
            unsent: 0,
            waiting,
        }
    }

    /// Carries on an operation that was claimed from an owner who is gone. `doubted` = when the last send
    /// had left at the latest that may have come about.
    pub fn claimed(
        hands: Hands,
        held: Held,
        operation: Operation,
        doubted: Option<OffsetDateTime>,
        books: Payment,
        waiting: Waiting,
    ) -> Self {
        let no = match &operation.answer {
            Some(Answer::Rejected(rejected)) => Some(rejected.clone()),
            Some(Answer::Accepted(_)) | None => None,
        };
        Self {
            unit: hands.began,
            present: hands.present,
            held,
            doubted: operation.in_doubt.then(|| doubted.unwrap_or(operation.sent.last)),
            no,
            operation,
            books,
            attempt: None,
            transients: 0,
            unsent: 0,
            waiting,
        }
    }

    /// Runs until the end is known or the wait is over. What stays open is left to the resolver.
    ///
    /// # Errors
    /// The store failed; the operation is found by the resolver when the lease is over.
    pub async fn run(mut self, app: &App) -> Result<Driven, Error> {
        let mut step = if self.attempt.is_some() {
            Step::Send
        } else {
            Step::Look { after: None }
        };
        loop {
            step = match step {
                Step::Send => self.send(app).await,
                Step::Again { at, no } => self.again(app, at, no).await?,
                Step::Unsent => match self
                    .store_send(app, app.settings().writes.keeping_back(1))
                    .await?
                {
                    Stored::Send => Step::Send,
                    Stored::NotNow => Step::End(Ending::NotSent),
                    Stored::Lost => Step::Lost,
                },
                Step::Look { after } => self.look(app, after).await?,
                Step::Pause if self.pause(app).await => Step::Look { after: None },
                Step::Pause => return self.postpone(app).await,
                Step::End(ending) => return self.end(app, ending).await,
                Step::Lost => return self.lost(app).await,
            };
        }
    }

    async fn send(&mut self, app: &App) -> Step {
        let purpose = if self.doubted.is_some() {
            Purpose::Settle
        } else {
            Purpose::Begin
        };
        let outcome = if self.doubted.is_some() && !self.may_go_again(app) {
            // It waited to be stored until its time was over.
            Outcome::NotSent {
                reason: "the time in which it may be sent again is over".to_owned(),
            }
        } else {
            send_for(app, &self.unit, &self.held, &self.operation.envelope, purpose).await
        };
        app.reads()
            .end_of_write(self.operation.assignment, &self.operation.reference);
        if let Some((_, ended)) = &mut self.attempt {
            *ended = Some(ended_as(&outcome));
        }
        match Verdict::of(self.operation.kind, outcome, self.doubted.is_some()) {
            Verdict::Succeeded(accepted) => self.succeeded(app, accepted),
            Verdict::Refused(rejected) => Step::End(Ending::Refused {
                rejected: Some(rejected),
                reading: None,
            }),
            Verdict::Released(rejected) => Step::End(Ending::Released(rejected)),
            Verdict::NotSent if self.unsent == 0 => {
                self.unsent += 1;
                Step::Unsent
            }
            Verdict::NotSent => Step::End(Ending::NotSent),
            Verdict::Again(rejected) => self.later(app, rejected),
            Verdict::Look(rejected) => Step::Look {
                after: Some(rejected),
            },
            Verdict::Unknown => {
                // It may have waited for a token, say: it left at some moment before this one.
                self.doubted = Some(app.now());
                Step::Look { after: None }
            }
        }
    }

    /// A yes counts when the answer's own sums show it; else the event log is asked.
    fn succeeded(&mut self, app: &App, accepted: Accepted) -> Step {
        if self.doubted.is_none() && !shows(&self.operation, &self.books, &accepted) {
            tracing::error!(
                operation.id = %self.operation.id,
                "Vipps accepted an operation and its sums do not show it"
            );
            tracing::info!(
                target: "metric",
                operation = self.operation.kind.as_str(),
                monotonic_counter.nordbro_answers_disbelieved = 1_u64
            );
            self.doubted = Some(app.now());
            return Step::Look { after: None };
        }
        Step::End(Ending::Succeeded {
            accepted: Some(accepted),
            reading: None,
        })
    }

    fn later(&mut self, app: &App, rejected: Rejected) -> Step {
        self.transients += 1;
        let now = app.now();
        let wait = retry_after(self.transients, rejected.retry_after, self.salt());
        match wait.map(|wait| now + wait) {
            Some(at) if self.waiting.until().is_some_and(|until| at <= until) => {
                Step::Again { at, no: rejected }
            }
            Some(_) | None => Step::Look {
                after: Some(rejected),
            },
        }
    }

    async fn again(&mut self, app: &App, at: OffsetDateTime, no: Rejected) -> Result<Step, Error> {
        if !self.sleep(app, at).await {
            return Ok(Step::Look { after: Some(no) });
        }
        Ok(
            match self
                .store_send(app, app.settings().writes.keeping_back(1))
                .await?
            {
                Stored::Send => Step::Send,
                Stored::NotNow => Step::Look { after: Some(no) },
                Stored::Lost => Step::Lost,
            },
        )
    }

    /// Leaves the operation open for the resolver.
    async fn postpone(self, app: &App) -> Result<Driven, Error> {
        let at = self.next_look(app);
        let next = NextStep {
            in_doubt: self.doubted.is_some(),
            no: self.no.clone(),
            rounds: self.operation.rounds,
            missing: self.operation.missing,
            first_sent_at: self.operation.sent.first,
            at,
        };
        let work = async {
            let tx = app
                .store()
                .begin(self.operation.partner, self.operation.environment)
                .await?;
            let scope = tx.scope();
            scope.leave(&self.held).await?;
            scope.postpone(self.operation.id, next).await?;
            if let Some((attempt, Some(ended))) = self.attempt {
                // Whoever goes on counts from here.
                let is_doubted = matches!(ended, Ended::Unknown | Ended::Accepted);
                let at = self.doubted.filter(|_| is_doubted);
                scope
                    .end_attempt(attempt.id, ended, at.unwrap_or_else(|| app.now()))
                    .await?;
            }
            tx.commit().await?;
            Ok(())
        };
        match work.await {
            Ok(()) => Ok(Driven::Open(Operation {
                status: domain::operation::Status::Unknown,
                in_doubt: self.doubted.is_some(),
                next_step_at: Some(at),
                ..self.operation
            })),
            Err(Fault::Store(store::Error::Stale)) => self.lost(app).await,
            Err(fault) => Err(fault.into()),
        }
    }

    async fn end(self, app: &App, ending: Ending) -> Result<Driven, Error> {
        let attempt = self
            .attempt
            .and_then(|(attempt, ended)| ended.map(|ended| (attempt, ended)));
        let late = self.operation.kind == Kind::Create
            && matches!(ending, Ending::Succeeded { .. })
            && !self.waiting.is_wanted(app.now());
        let settled = settle(app, &self.held, &self.operation, attempt, &ending, late).await?;
        // What was settled by evidence was done at some earlier time: a read that began before now may miss it.
        app.reads()
            .end_of_write(self.operation.assignment, &self.operation.reference);
        let Some(operation) = settled else {
            return self.lost(app).await;
        };
        if late {
            tracing::warn!(
                operation.id = %operation.id,
                payment.reference = %operation.reference,
                "a payment came about after its caller had left"
            );
        }
        Ok(Driven::Settled(operation))
    }

    /// Somebody else has the payment: what the books say now is the answer.
    async fn lost(self, app: &App) -> Result<Driven, Error> {
        tracing::warn!(operation.id = %self.operation.id, "the right to a payment was lost");
        app.books_of(&self.operation).await
    }
}

impl App {
    /// An operation as the books have it now.
    pub(super) async fn books_of(&self, operation: &Operation) -> Result<Driven, Error> {
        let reader = self.store().read(operation.partner, operation.environment);
        let found = reader.scope().find_operation(operation.id).await?;
        let operation = found.ok_or(Error::Internal("an operation is gone"))?;
        Ok(if operation.status.is_open() {
            Driven::Open(operation)
        } else {
            Driven::Settled(operation)
        })
    }
}

const fn ended_as(outcome: &Outcome) -> Ended {
    match outcome {
        Outcome::Accepted(_) => Ended::Accepted,
        Outcome::Rejected(_) => Ended::Rejected,
        Outcome::NotSent { .. } => Ended::NotSent,
        Outcome::Unknown { .. } => Ended::Unknown,
    }
}

/// Whether the sums of a 2xx answer contain the operation (ePayment, capture payment: check
/// `capturedAmount`, the status alone is no proof), and nothing in them contradicts the books: they belong to
/// this owner, so a sum that shrank is no older answer but a wrong one.
fn shows(operation: &Operation, books: &Payment, accepted: &Accepted) -> bool {
    let Some(reading) = answer::reading(books, accepted) else {
        return true;
    };
    if matches!(books.merge(&reading, books.version), Merged::Unsound(_)) {
        return false;
    }
    let value = operation.amount.map_or(0, |amount| amount.value);
    let before = books.aggregate;
    match operation.kind {
        Kind::Capture => reading.aggregate.captured >= before.captured.saturating_add(value),
        Kind::Refund => reading.aggregate.refunded >= before.refunded.saturating_add(value),
        Kind::Cancel | Kind::Create => true,
    }
}
