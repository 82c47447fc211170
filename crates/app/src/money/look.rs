//! Evidence first: what Vipps' event log and the payment itself say about an operation.

use domain::operation::resolve::{self, Missing, Sent, missing};
use domain::operation::{Evidence, Kind, Sought, verdict};
use domain::{Event, EventName, Reading, Rejected};
use outbound::vipps::{Events, ReadError};
use store::money::Presence;

use super::drive::{Drive, Step};
use super::settle::Ending;
use crate::admission::{Held, Purpose};
use crate::reads::Unread;
use crate::{App, Error};

impl Drive {
    /// Reads, and says how the operation goes on.
    pub(super) async fn look(&mut self, app: &App, after: Option<Rejected>) -> Result<Step, Error> {
        if !self.keep(app).await? {
            return Ok(Step::Lost);
        }
        self.operation.rounds = self.operation.rounds.saturating_add(1);
        if self.operation.sent.is_ahead_of(app.now()) {
            tracing::error!(operation.id = %self.operation.id, "the clock was set back since this operation was sent");
            let horizon = app.settings().replay_horizon;
            self.operation.sent.of_unknown_age(app.now(), horizon);
        }
        if let Some(rejected) = after.as_ref().filter(|rejected| !verdict::is_transient(rejected)) {
            self.no = Some(rejected.clone());
        }
        let after = after.or_else(|| self.no.clone());
        if self.operation.kind == Kind::Create {
            return self.look_for_payment(app, after).await;
        }
        let Ok(log) = self.read_log(app).await else {
            return Ok(Step::Pause);
        };
        match self.evidence(&log.events) {
            Evidence::Succeeded => Ok(Step::End(Ending::Succeeded {
                accepted: None,
                reading: self.read(app).await,
            })),
            Evidence::Failed => Ok(Step::End(Ending::Refused {
                rejected: after,
                reading: self.read(app).await,
            })),
            Evidence::Contradiction => Ok(self.contradicted(after)),
            Evidence::None => self.without_evidence(app, after).await,
        }
    }

    fn evidence(&self, log: &[Event]) -> Evidence {
        Sought {
            kind: self.operation.kind,
            key: &self.operation.upstream_key,
            amount: self.operation.amount,
            sends: self.operation.sends,
            last_sent_at: self.operation.sent.last,
        }
        .in_log(log)
    }

    /// Our key stands at another amount. Never expected: told loudly, and settled only by a definite no.
    fn contradicted(&self, after: Option<Rejected>) -> Step {
        tracing::error!(
            operation.id = %self.operation.id,
            "the event log has this operation's key at another amount"
        );
        match after {
            Some(rejected) if !verdict::is_transient(&rejected) => Step::End(Ending::Refused {
                rejected: Some(rejected),
                reading: None,
            }),
            Some(_) | None => Step::Pause,
        }
    }

    async fn without_evidence(&mut self, app: &App, after: Option<Rejected>) -> Result<Step, Error> {
        let mut reading = None;
        if self.operation.kind == Kind::Cancel {
            // The log names no key on some cancels, and a cancel moves no money to anybody: its state will do.
            let Some(read) = self.read(app).await else {
                return Ok(Step::Pause);
            };
            if self.is_cancelled_by(&read) {
                return Ok(Step::End(Ending::Succeeded {
                    accepted: None,
                    reading: Some(read),
                }));
            }
            reading = Some(read);
        }
        self.by_the_answer(app, after, reading).await
    }

    /// Nothing in the log: a definite no is one, a transient one too unless a send is in doubt.
    async fn by_the_answer(
        &mut self,
        app: &App,
        after: Option<Rejected>,
        reading: Option<Reading>,
    ) -> Result<Step, Error> {
        match after {
            Some(rejected) if !verdict::is_transient(&rejected) => {
                if self.may_be_done(&rejected) && !resolve::is_last_word(self.doubted, app.now()) {
                    return Ok(Step::Pause);
                }
                Ok(Step::End(Ending::Refused {
                    rejected: Some(rejected),
                    reading,
                }))
            }
            Some(rejected) if self.doubted.is_none() => Ok(Step::End(Ending::Released(rejected))),
            Some(_) => Ok(Step::Pause),
            None => self.replay(app).await,
        }
    }

    /// Whether this no to a repetition is what Vipps might say after a yes. A create is not repeated once
    /// nobody waits, so only a no that speaks of the reference or the key is doubted.
    fn may_be_done(&self, rejected: &Rejected) -> bool {
        self.operation.kind != Kind::Create || verdict::may_hide_a_yes(Kind::Create, rejected)
    }

    fn is_cancelled_by(&self, reading: &Reading) -> bool {
        domain::Payment {
            state: reading.state,
            aggregate: reading.aggregate,
            ..self.books.clone()
        }
        .is_cancelled()
    }

    /// Create is settled by GET.
    async fn look_for_payment(&mut self, app: &App, after: Option<Rejected>) -> Result<Step, Error> {
        match self.read_payment(app).await {
            Ok(reading) => Ok(self.found(app, reading, after).await),
            Err(Unread::Vipps(ReadError::NotFound(_))) => self.not_found(app, after).await,
            Err(Unread::Vipps(_) | Unread::Limited(_) | Unread::Held(_)) => Ok(Step::Pause),
        }
    }

    async fn found(&self, app: &App, reading: Reading, after: Option<Rejected>) -> Step {
        let Ok(log) = self.read_log(app).await else {
            return Step::Pause;
        };
        if !self.is_ours(&log.events, after.as_ref()) {
            return Step::End(Ending::Refused {
                rejected: after,
                reading: None,
            });
        }
        if self.operation.amount != Some(reading.amount) && reading.aggregate.authorized == 0 {
            tracing::error!(
                operation.id = %self.operation.id,
                "the payment at Vipps has another amount than the one asked for"
            );
            return Step::Pause;
        }
        Step::End(Ending::Succeeded {
            accepted: None,
            reading: Some(reading),
        })
    }

    /// Whether the payment under our reference is the one this create made. Its event names the key; one
    /// that names none is ours only when an earlier send may have made it.
    fn is_ours(&self, log: &[Event], after: Option<&Rejected>) -> bool {
        let named = log
            .iter()
            .filter(|event| event.name == EventName::Created)
            .find_map(|event| event.key.as_ref());
        match named {
            Some(key) => *key == self.operation.upstream_key,
            None => self.doubted.is_some() || after.is_none(),
        }
    }

    async fn not_found(&mut self, app: &App, after: Option<Rejected>) -> Result<Step, Error> {
        if after.is_some() {
            return self.by_the_answer(app, after, None).await;
        }
        let now = app.now();
        let sent = Sent {
            last: self.left_by(),
            ..self.operation.sent.clone()
        };
        match missing(&sent, self.operation.missing, now) {
            Missing::NotCreated => Ok(if self.is_in_the_books(app).await? {
                // Somebody has read it: Vipps' answer of now is the older one.
                Step::Pause
            } else {
                Step::End(Ending::NotCreated)
            }),
            Missing::LookAgain(_) => {
                self.operation.missing = self.operation.missing.saturating_add(1);
                self.replay(app).await
            }
        }
    }

    async fn is_in_the_books(&self, app: &App) -> Result<bool, Error> {
        let operation = &self.operation;
        let reader = app.store().read(operation.partner, operation.environment);
        let record = reader.scope().find_payment_by_id(operation.payment).await?;
        Ok(record.is_some_and(|record| record.presence == Presence::Present))
    }

    /// The payment as it is now, as far as it can be read: it rounds off an end that is known already.
    async fn read(&self, app: &App) -> Option<Reading> {
        self.read_payment(app).await.ok()
    }

    async fn read_payment(&self, app: &App) -> Result<Reading, Unread> {
        let reference = &self.operation.reference;
        let read = app.read_payment(&self.unit, reference, Purpose::Settle).await;
        match (&self.present, read) {
            (Some(present), Err(unread)) if is_about_keys(&unread) => {
                app.read_payment(present, reference, Purpose::Settle).await
            }
            (_, read) => read,
        }
    }

    async fn read_log(&self, app: &App) -> Result<Events, Unread> {
        let reference = &self.operation.reference;
        let read = app.read_events(&self.unit, reference, Purpose::Settle).await;
        match (&self.present, read) {
            (Some(present), Err(unread)) if is_about_keys(&unread) => {
                app.read_events(present, reference, Purpose::Settle).await
            }
            (_, read) => read,
        }
    }
}

/// Whether Vipps, or the breaker that remembers it, wants no such keys.
fn is_about_keys(unread: &Unread) -> bool {
    match unread {
        Unread::Vipps(ReadError::Rejected(rejected)) => matches!(rejected.status, 401 | 403),
        Unread::Held(Held::Disconnected { .. }) => true,
        Unread::Vipps(
            ReadError::NotFound(_)
            | ReadError::NotSent { .. }
            | ReadError::Unknown { .. }
            | ReadError::Nonsense { .. },
        )
        | Unread::Held(Held::Outage { .. })
        | Unread::Limited(_) => false,
    }
}
