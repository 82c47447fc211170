//! What Vipps' 2xx answer to a capture, refund or cancel says about the payment.

use domain::{Accepted, Aggregate, Payment, Reading, State};
use serde_json::Value;

/// The answer as a reading, when it says where the money is. It is Vipps' own word of that moment
/// (ePayment API 1.8.1, capture, refund and cancel answer `state` and `aggregate`, 2026-04); nothing is
/// added up here. `None` = it does not say, and a GET has to.
pub(super) fn reading(payment: &Payment, accepted: &Accepted) -> Option<Reading> {
    let body: Value = serde_json::from_slice(&accepted.body).ok()?;
    let state: State = body.get("state")?.as_str()?.parse().ok()?;
    let sums = body.get("aggregate")?;
    let sum = |name: &str| sums.get(name)?.get("value")?.as_i64();
    let aggregate = Aggregate {
        authorized: sum("authorizedAmount")?,
        captured: sum("capturedAmount")?,
        refunded: sum("refundedAmount")?,
        cancelled: sum("cancelledAmount")?,
    };
    let psp_reference = body.get("pspReference")?.as_str()?.to_owned();
    Some(Reading {
        reference: payment.reference.clone(),
        state,
        // `amount` is the operation's in some answers and the payment's in others.
        amount: payment.amount,
        aggregate,
        psp_reference,
        body: Vec::new(),
    })
}
