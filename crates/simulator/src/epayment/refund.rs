//! Whether a refund is done.

use crate::epayment::errors::refused;
use crate::epayment::events::EventName;
use crate::epayment::modify::{Effect, Facts, Failure};
use crate::epayment::payment::State;

/// Test world: a refund of this amount finds no receiving account.
const NO_ACCOUNT: i64 = 123;
/// Test world: a refund of this amount comes too late.
const TOO_LATE: i64 = 124;

pub(crate) fn decide(facts: &Facts<'_>, amount: i64) -> Result<Effect, Failure> {
    let totals = &facts.totals;
    let effect = Effect {
        name: EventName::Refunded,
        amount,
    };
    match totals.state {
        State::Authorized => {}
        State::Created => return Err(refused(6020, "Nothing is reserved yet.").into()),
        State::Aborted | State::Expired | State::Terminated => {
            return Err(refused(6210, "The payment was never authorised.").into());
        }
    }
    if !facts.unit.features.refund_allowed {
        return Err(refused(5100, "This sales unit cannot refund.").into());
    }
    if amount < 1 {
        return Err(refused(6010, "The amount is too small.").into());
    }
    if totals.captured > 0 && totals.refunded == totals.captured {
        return Err(refused(6180, "Everything has been refunded.").into());
    }
    let refundable = totals.captured - totals.refunded;
    if amount > refundable {
        return Err(refused(6150, &format!("No more than {refundable} can be refunded.")).into());
    }
    let late = || refused(6220, "The refund period has expired.");
    if facts.refund_by.is_some_and(|deadline| facts.now >= deadline) {
        return Err(late().into());
    }
    if facts.test && amount == NO_ACCOUNT {
        let refusal = refused(5100, "The customer has no receiving account.");
        return Err(Failure {
            refusal,
            logged: Some(effect),
        });
    }
    if facts.test && amount == TOO_LATE {
        return Err(Failure {
            refusal: late(),
            logged: Some(effect),
        });
    }
    Ok(effect)
}
