//! The second half: what became of it is written down, by the owner of the payment alone.

use domain::operation::Kind;
use domain::operation::Status;
use domain::{Accepted, Merged, Reading, Rejected};
use store::Scope;
use store::money::{
    Answer, Attempt, Ended, Held, Operation, PaymentRecord, PaymentUpdate, Presence, Release, Settlement,
};
use time::OffsetDateTime;

use super::answer;
use crate::stale::Fault;
use crate::{App, Error, customers};

/// How an operation ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// With Vipps' answer, or by evidence; with a reading where one was made.
    Succeeded {
        accepted: Option<Accepted>,
        reading: Option<Reading>,
    },
    /// With Vipps' answer, or because the event log says that it failed.
    Refused {
        rejected: Option<Rejected>,
        reading: Option<Reading>,
    },
    /// Vipps' no says nothing about the request: the caller's key is free again.
    Released(Rejected),
    /// Nothing left the house: the caller's key is free again.
    NotSent,
    /// A create that never came about.
    NotCreated,
}

/// Writes the end of an operation and of its last send, gives the payment free, and merges what was read.
/// `Ok(None)` = somebody else owns the payment, or has settled it: nothing was written.
///
/// # Errors
/// [`Error::Unavailable`] when the store does not answer; whether the end was written is then not known,
/// and the resolver settles the operation if it was not.
pub async fn settle(
    app: &App,
    held: &Held,
    operation: &Operation,
    attempt: Option<(Attempt, Ended)>,
    ending: &Ending,
    late: bool,
) -> Result<Option<Operation>, Error> {
    let now = app.now();
    let settlement = settlement(ending, now);
    let work = async {
        let tx = app
            .store()
            .begin(operation.partner, operation.environment)
            .await?;
        let scope = tx.scope();
        scope.vacate(held).await?;
        scope.settle(held.operation, &settlement).await?;
        if let Some((attempt, ended)) = attempt {
            scope.end_attempt(attempt.id, ended, now).await?;
        }
        merge(app, &scope, operation, ending, late, now).await?;
        if late {
            scope.add_late_payment(operation.id, now).await?;
        }
        tx.commit().await?;
        Ok(())
    };
    match work.await {
        Ok(()) => Ok(Some(Operation {
            status: settlement.status,
            answer: settlement.answer,
            release: settlement.release,
            next_step_at: None,
            settled_at: Some(now),
            ..operation.clone()
        })),
        Err(Fault::Store(store::Error::Stale)) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn settlement(ending: &Ending, at: OffsetDateTime) -> Settlement {
    let (status, answer, release) = match ending {
        Ending::Succeeded { accepted, .. } => {
            (Status::Succeeded, accepted.clone().map(Answer::Accepted), None)
        }
        Ending::Refused { rejected, .. } => (Status::Refused, rejected.clone().map(Answer::Rejected), None),
        Ending::Released(rejected) => (
            Status::Refused,
            Some(Answer::Rejected(rejected.clone())),
            Some(Release::Rejected),
        ),
        Ending::NotSent => (Status::Refused, None, Some(Release::NotSent)),
        Ending::NotCreated => (Status::NotCreated, None, None),
    };
    Settlement {
        status,
        answer,
        release,
        at,
    }
}

/// What the end of the operation teaches about the payment.
async fn merge(
    app: &App,
    scope: &Scope<'_>,
    operation: &Operation,
    ending: &Ending,
    late: bool,
    at: OffsetDateTime,
) -> Result<(), Fault> {
    let record = scope
        .find_payment_by_id(operation.payment)
        .await?
        .ok_or(Error::Internal("an operation has no payment"))?;
    let is_create = operation.kind == Kind::Create;
    let mut after = Learnt::from(&record);
    match ending {
        Ending::Succeeded { accepted, reading } => {
            if is_create {
                after.presence = Presence::Present;
                after.found_late = late;
                after.created = accepted.as_ref().map(|accepted| accepted.body.clone());
            } else if let Some(accepted) = accepted {
                after.believe(&record, answer::reading(&record.payment, accepted).as_ref());
            }
            after.believe(&record, reading.as_ref());
        }
        Ending::Refused { reading, .. } => after.believe(&record, reading.as_ref()),
        // Somebody has read it meanwhile: it is there, and the next look finds it.
        Ending::NotCreated if record.presence == Presence::Present => return Err(store::Error::Stale.into()),
        Ending::NotCreated => after.presence = Presence::Burnt,
        Ending::Released(_) | Ending::NotSent => {}
    }
    if after.changes(&record) {
        scope.save_payment(&after.update(at)).await?;
        if let Some(reading) = &after.reading {
            customers::note_reading(app, scope, operation.payment, reading).await?;
        }
    }
    Ok(())
}

/// A payment on its way to its next version.
struct Learnt {
    payment: domain::Payment,
    presence: Presence,
    found_late: bool,
    reading: Option<Vec<u8>>,
    created: Option<Vec<u8>>,
}

impl From<&PaymentRecord> for Learnt {
    fn from(record: &PaymentRecord) -> Self {
        Self {
            payment: record.payment.clone(),
            presence: record.presence,
            found_late: record.found_late,
            reading: None,
            created: None,
        }
    }
}

impl Learnt {
    /// Takes in what Vipps said while we owned the payment; what is older than the books is left out.
    fn believe(&mut self, record: &PaymentRecord, reading: Option<&Reading>) {
        let Some(reading) = reading else {
            return;
        };
        match self.payment.merge(reading, record.payment.version) {
            Merged::Changed(payment) => {
                self.payment = payment;
                self.keep(reading);
            }
            Merged::Same => self.keep(reading),
            Merged::Stale => {}
            Merged::Unsound(reason) => tracing::warn!(
                payment.reference = %reading.reference,
                reason,
                "an answer of Vipps does not fit the books"
            ),
        }
    }

    fn keep(&mut self, reading: &Reading) {
        // The answer to an operation is not a GET and is not kept as one.
        if !reading.body.is_empty() {
            self.reading = Some(reading.body.clone());
        }
    }

    fn changes(&self, record: &PaymentRecord) -> bool {
        self.payment != record.payment
            || self.presence != record.presence
            || self.found_late != record.found_late
            || self.reading.is_some()
            || self.created.is_some()
    }

    fn update(&self, at: OffsetDateTime) -> PaymentUpdate<'_> {
        PaymentUpdate {
            payment: &self.payment,
            presence: self.presence,
            found_late: self.found_late,
            reading: self.reading.as_deref(),
            created: self.created.as_deref(),
            at,
        }
    }
}
