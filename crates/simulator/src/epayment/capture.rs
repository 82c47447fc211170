//! Whether a capture is done.

use crate::dials::AfterGuarantee;
use crate::epayment::errors::refused;
use crate::epayment::events::EventName;
use crate::epayment::modify::{Effect, Facts, Failure};
use crate::epayment::payment::State;

pub(crate) fn decide(facts: &Facts<'_>, amount: i64) -> Result<Effect, Failure> {
    let totals = &facts.totals;
    let effect = Effect {
        name: EventName::Captured,
        amount,
    };
    match totals.state {
        State::Authorized => {}
        State::Created => {
            return Err(refused(6080, "The amount you tried to capture is not reserved.").into());
        }
        State::Aborted | State::Expired | State::Terminated => {
            return Err(refused(6200, "The payment was never authorised.").into());
        }
    }
    if facts.capture_by.is_some_and(|deadline| facts.now >= deadline) {
        return Err(refused(6100, "The capture deadline has passed.").into());
    }
    if amount < 1 {
        return Err(refused(6010, "The amount is too small.").into());
    }
    if totals.captured == totals.authorized {
        return Err(refused(6170, "Everything has been captured.").into());
    }
    if totals.rest() == 0 {
        return Err(refused(6070, "The rest of the reservation was cancelled.").into());
    }
    if amount > totals.rest() {
        return Err(refused(6090, &format!("No more than {} can be captured.", totals.rest())).into());
    }
    if amount < totals.rest() && !facts.unit.features.partial_capture_allowed {
        return Err(refused(6140, "This sales unit captures the full amount only.").into());
    }
    if facts.guaranteed_until.is_some_and(|until| facts.now >= until) {
        match facts.dials.after_guarantee {
            AfterGuarantee::Captures => {}
            AfterGuarantee::FundsUnavailable => {
                let refusal = refused(6260, "The funds are no longer available.");
                return Err(Failure {
                    refusal,
                    logged: Some(effect),
                });
            }
            AfterGuarantee::TryLater => {
                return Err(refused(6280, "The capture failed, try again later.").into());
            }
        }
    }
    Ok(effect)
}
