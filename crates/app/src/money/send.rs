//! The call between the two halves.

use domain::{Envelope, Outcome};
use store::money::Held;

use crate::App;
use crate::admission::Purpose;
use crate::served::Served;

/// Sends the stored bytes once. Nothing leaves when the lease could end before the answer: somebody else
/// may own the payment by then.
pub async fn send(app: &App, unit: &Served, held: &Held, envelope: &Envelope) -> Outcome {
    send_for(app, unit, held, envelope, Purpose::Begin).await
}

pub(super) async fn send_for(
    app: &App,
    unit: &Served,
    held: &Held,
    envelope: &Envelope,
    purpose: Purpose,
) -> Outcome {
    let limit = app.now() + app.settings().call_limit;
    if limit > held.until {
        return Outcome::NotSent {
            reason: "the right to this payment ends too soon".to_owned(),
        };
    }
    app.send_out(unit, envelope, purpose, limit).await
}
