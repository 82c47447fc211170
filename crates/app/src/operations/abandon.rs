//! Closing by hand what nobody can settle any more. It says nothing about the money: evidence that comes
//! later is announced and changes nothing.

use domain::OperationId;
use domain::operation::resolve::may_replay;
use domain::operation::{Kind, Status};
use store::money::{Operation, PaymentUpdate, Presence, Settlement};
use time::format_description::well_known::Rfc3339;

use crate::audit::{self, Actor, Change, Subject as _};
use crate::registry::invalid;
use crate::stale::{Fault, unless_stale};
use crate::{App, Error, What};

/// Closes an unknown operation as `abandoned` and gives its payment free for other money moves. The payment of
/// an abandoned create keeps its reference burnt.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when the outcome is known, or the gateway may still settle it by
/// itself, or a reason is missing; [`Error::Busy`] while a process works on it.
pub async fn abandon(app: &App, by: &Actor, id: OperationId) -> Result<Operation, Error> {
    if by.reason().is_empty() {
        return Err(invalid("reason", "required", "is needed: say why, in a sentence"));
    }
    let found = super::show(app, id).await?;
    unless_stale(|| attempt(app, by, &found)).await
}

async fn attempt(app: &App, by: &Actor, found: &Operation) -> Result<Operation, Fault> {
    let now = app.now();
    let tx = app.store().begin(found.partner, found.environment).await?;
    let scope = tx.scope();
    let operation = scope.find_operation(found.id).await?;
    let operation = operation.ok_or(Error::NotFound(What::Operation))?;
    may_be_abandoned(app, &operation)?;
    let before = operation.facts();
    let until = now + app.settings().lease;
    let held = scope
        .claim(operation.payment, operation.id, app.process(), now, until)
        .await?;
    let Some(held) = held else {
        tx.rollback().await?;
        let retry_after = app.settings().lease;
        return Err(Error::Busy { retry_after }.into());
    };
    let settlement = Settlement {
        status: Status::Abandoned,
        answer: None,
        release: None,
        at: now,
    };
    scope.settle(operation.id, &settlement).await?;
    scope.vacate(&held).await?;
    if operation.kind == Kind::Create {
        let record = scope.find_payment_by_id(operation.payment).await?;
        let record = record.ok_or(Error::Internal("an operation has no payment"))?;
        if record.presence == Presence::Expected {
            let burnt = PaymentUpdate {
                payment: &record.payment,
                presence: Presence::Burnt,
                found_late: record.found_late,
                reading: None,
                created: None,
                at: now,
            };
            scope.save_payment(&burnt).await?;
        }
    }
    let abandoned = Operation {
        status: Status::Abandoned,
        next_step_at: None,
        settled_at: Some(now),
        ..operation
    };
    let change = Change::of(&abandoned, "abandon", before, abandoned.facts());
    audit::own(app, &tx, by, &change).await?;
    tx.commit().await?;
    tracing::warn!(operation.id = %abandoned.id, "an operation was abandoned by an operator");
    Ok(abandoned)
}

/// Only what is unknown, and only when the gateway itself will not send it again under any client.
fn may_be_abandoned(app: &App, operation: &Operation) -> Result<(), Error> {
    if operation.status != Status::Unknown {
        let message = format!(
            "is {}: only an operation whose outcome is unknown can be abandoned",
            operation.status.as_str()
        );
        return Err(invalid("operation", "state", &message));
    }
    let horizon = app.settings().replay_horizon;
    if may_replay(&operation.sent, true, app.now(), horizon) {
        let until = operation.sent.first + horizon;
        let until = until.format(&Rfc3339).unwrap_or_default();
        let message = format!("may still be settled by the gateway itself: not before {until}");
        return Err(invalid("operation", "state", &message));
    }
    Ok(())
}
