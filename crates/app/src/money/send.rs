//! The call between the two halves.

use domain::{Envelope, Outcome};
use store::money::Held;

use crate::App;
use crate::served::Served;

/// Sends the stored bytes once. Nothing leaves when the lease could end before the answer: somebody else
/// may own the payment by then.
pub async fn send(app: &App, unit: &Served, held: &Held, envelope: &Envelope) -> Outcome {
    let limit = app.now() + app.settings().call_limit;
    if limit > held.until {
        return Outcome::NotSent {
            reason: "the right to this payment ends too soon".to_owned(),
        };
    }
    tokio::select! {
        biased;
        outcome = app.vipps().send(envelope, &unit.access) => outcome,
        // Dropping the call closes its connection: nothing of it leaves after the lease.
        () = app.clock().sleep_until(limit) => Outcome::Unknown {
            reason: "the call took too long".to_owned(),
        },
    }
}
