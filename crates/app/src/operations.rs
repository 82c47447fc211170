//! Operations: as their partner looks them up, and as an operator closes them by hand.

mod abandon;
mod open;
mod place;

pub use abandon::abandon;
pub use open::{page_open, show};
pub use place::Place;
pub use store::money::{OpenFilter, Operation};

use domain::{Msn, OperationId, Reference};

use crate::money::{operation_view, payment_view};
use crate::served::Reach;
use crate::{Answered, App, Caller, Error, Progress, Scope, What};

/// One operation on a payment as the books have it, with the payment.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::NotFound`] when the unit, the payment or the operation is not the
/// caller's, or the operation is another payment's.
pub async fn get(
    app: &App,
    caller: &Caller,
    msn: &Msn,
    reference: &Reference,
    id: OperationId,
) -> Result<Answered, Error> {
    caller.demand(Scope::PaymentsRead)?;
    let assignment = match app.reach(caller, msn).await? {
        Reach::Served(unit) => unit.assignment,
        Reach::Left(unit) => unit.assignment,
    };
    let reader = app.store().read(caller.partner, caller.environment);
    let scope = reader.scope();
    let record = scope.find_payment(assignment, reference).await?;
    let record = record.ok_or(Error::NotFound(What::Payment))?;
    let operation = scope
        .find_operation(id)
        .await?
        .filter(|operation| operation.payment == record.payment.id)
        .ok_or(Error::NotFound(What::Operation))?;
    Ok(Answered {
        progress: if operation.status.is_open() {
            Progress::StillOpen
        } else {
            Progress::Settled
        },
        operation: operation_view(&operation),
        payment: payment_view(&record),
        replayed: false,
    })
}
