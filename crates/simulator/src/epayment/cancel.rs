//! Whether a cancel is done: everything that is not captured, or the whole payment before approval.

use crate::epayment::errors::refused;
use crate::epayment::events::EventName;
use crate::epayment::modify::{Effect, Facts, Failure};
use crate::epayment::payment::State;

pub(crate) fn decide(facts: &Facts<'_>, whole: i64, transaction_only: bool) -> Result<Effect, Failure> {
    let totals = &facts.totals;
    match totals.state {
        State::Created => {
            return Ok(Effect {
                name: EventName::Terminated,
                amount: whole,
            });
        }
        State::Terminated => return Err(refused(6190, "The payment is cancelled already.").into()),
        State::Aborted | State::Expired => {
            return Err(refused(6050, "The payment was never reserved.").into());
        }
        State::Authorized => {}
    }
    if transaction_only {
        return Err(refused(6060, "The customer has authorised the payment.").into());
    }
    if facts.capture_by.is_some_and(|deadline| facts.now >= deadline) {
        return Err(refused(6030, "The cancel period has expired.").into());
    }
    match totals.rest() {
        0 if totals.cancelled > 0 => Err(refused(6050, "Nothing is reserved any more.").into()),
        0 => Err(refused(6040, "Everything has been captured: refund it instead.").into()),
        rest => Ok(Effect {
            name: EventName::Cancelled,
            amount: rest,
        }),
    }
}
