//! Playing the customer's approval, in the test environment.

use domain::payment::Refusal;
use domain::{Environment, Outcome, State};
use outbound::vipps::{Endpoint, prepare};
use store::money::{PaymentRecord, Presence};
use time::Duration;

use super::Approve;
use crate::admission::Purpose;
use crate::money::payment_view;
use crate::{App, Caller, Error, PaymentView, Scope, What};

/// Approves a payment as the customer would (ePayment API 1.8.1, force approve, 2026-04). It has no key at
/// Vipps, so whatever the answer was, the payment is read afterwards and that decides.
///
/// # Errors
/// [`Error::Refused`] outside the test environment; [`Error::NotFound`], [`Error::Busy`]; Vipps' no as
/// [`Error::Vipps`].
pub async fn approve(app: &App, caller: &Caller, approve: Approve) -> Result<PaymentView, Error> {
    caller.demand(Scope::PaymentsApprove)?;
    let unit = app.served_openly(caller, &approve.msn).await?;
    if unit.environment != Environment::Test {
        return Err(Error::Refused(Refusal::NotInTest));
    }
    let until = app.now() + app.settings().call_limit;
    let Some(_turn) = app.turn(unit.assignment, &approve.reference, until).await else {
        return Err(Error::Busy {
            retry_after: Duration::SECOND,
        });
    };
    let _place = app.enter(&unit, until).await?;
    let known = app
        .record(&unit, &approve.reference)
        .await?
        .is_some_and(|record| record.presence == Presence::Present);
    if !known && app.refresh_now(&unit, &approve.reference).await?.is_none() {
        return Err(Error::NotFound(What::Payment));
    }
    let envelope = prepare::approve(&approve.reference, &approve.body);
    app.may_leave(&unit, Endpoint::of(&envelope), Purpose::Begin)
        .await?;
    let outcome = app.send_out(&unit, &envelope, Purpose::Begin, until).await;
    app.reads().end_of_write(unit.assignment, &approve.reference);
    let record = app.refresh_now(&unit, &approve.reference).await?;
    let approved = record.as_deref().is_some_and(is_approved);
    match outcome {
        Outcome::Accepted(_) => {}
        Outcome::NotSent { .. } | Outcome::Unknown { .. } if approved => {}
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => {
            return Err(Error::VippsUnavailable {
                retry_after: Duration::SECOND,
            });
        }
        Outcome::Rejected(rejected) => return Err(Error::Vipps(Box::new(rejected))),
    }
    record
        .as_deref()
        .and_then(payment_view)
        .ok_or(Error::NotFound(What::Payment))
}

fn is_approved(record: &PaymentRecord) -> bool {
    record.payment.state == State::Authorized
}
