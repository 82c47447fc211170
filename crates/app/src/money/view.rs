//! From what is remembered to what use cases answer with.

use domain::operation::Status;
use store::money::{Answer, Operation, PaymentRecord, Presence, Release};

use super::drive::Driven;
use crate::{Answered, App, Error, OperationView, PaymentView, Progress};

/// An operation as its partner sees it.
pub(crate) fn operation_view(operation: &Operation) -> OperationView {
    let (accepted, refusal) = match &operation.answer {
        Some(Answer::Accepted(accepted)) => (Some(accepted.body.clone()), None),
        Some(Answer::Rejected(rejected)) => (None, Some(rejected.clone())),
        None => (None, None),
    };
    OperationView {
        id: operation.id,
        kind: operation.kind,
        status: operation.status,
        msn: operation.msn.clone(),
        reference: operation.reference.clone(),
        amount: operation.amount,
        created_at: operation.created_at,
        settled_at: operation.settled_at,
        refusal: refusal.filter(|_| operation.status == Status::Refused),
        accepted: accepted.filter(|_| operation.status == Status::Succeeded),
    }
}

/// A payment as its partner sees it; absent while Vipps is not known to have it.
pub(crate) fn payment_view(record: &PaymentRecord) -> Option<PaymentView> {
    match record.presence {
        Presence::Present => Some(PaymentView {
            payment: record.payment.clone(),
            reading: record.reading.clone(),
            created: record.created.clone(),
        }),
        Presence::Expected | Presence::Burnt => None,
    }
}

impl App {
    /// The answer that a caller of this operation gets now.
    ///
    /// # Errors
    /// What the operation's end means when it bound nothing to the caller's key.
    pub(super) async fn answered(&self, driven: &Driven, replayed: bool) -> Result<Answered, Error> {
        let (operation, progress) = match driven {
            Driven::Settled(operation) => (operation, Progress::Settled),
            Driven::Open(operation) => (operation, Progress::StillOpen),
        };
        match (operation.release, &operation.answer) {
            (Some(Release::Rejected), Some(Answer::Rejected(rejected))) => {
                return Err(Error::Vipps(Box::new(rejected.clone())));
            }
            (Some(_), _) => {
                return Err(Error::VippsUnavailable {
                    retry_after: time::Duration::SECOND,
                });
            }
            (None, _) => {}
        }
        let reader = self.store().read(operation.partner, operation.environment);
        let record = reader.scope().find_payment_by_id(operation.payment).await?;
        Ok(Answered {
            operation: operation_view(operation),
            payment: record.as_ref().and_then(payment_view),
            replayed,
            progress,
        })
    }
}
