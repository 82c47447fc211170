//! One at a time within this process: two operations on one payment never overlap upstream. Across
//! processes the payment's fence and lease do the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::{AssignmentId, Reference};
use time::OffsetDateTime;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

use crate::App;

type Payment = (AssignmentId, Reference);

/// Who may move a payment's money now. Payments do not wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<Payment, Weak<Gate<()>>>>);

/// Held while money of one payment may move.
#[derive(Debug)]
pub(crate) struct Turn(#[expect(dead_code, reason = "held for its drop")] OwnedMutexGuard<()>);

impl Turns {
    fn gate(&self, payment: &Payment) -> Arc<Gate<()>> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(payment).and_then(Weak::upgrade) {
            return gate;
        }
        if gates.len() >= 1024 {
            gates.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::new(Gate::new(()));
        gates.insert(payment.clone(), Arc::downgrade(&gate));
        gate
    }

    /// The turn if nobody has it.
    pub(crate) fn try_take(&self, assignment: AssignmentId, reference: &Reference) -> Option<Turn> {
        self.gate(&(assignment, reference.clone()))
            .try_lock_owned()
            .ok()
            .map(Turn)
    }
}

impl App {
    /// Waits for the turn in the order of asking, until `until`.
    pub(crate) async fn turn(
        &self,
        assignment: AssignmentId,
        reference: &Reference,
        until: OffsetDateTime,
    ) -> Option<Turn> {
        let gate = self.turns().gate(&(assignment, reference.clone()));
        tokio::select! {
            biased;
            turn = gate.lock_owned() => Some(Turn(turn)),
            () = self.clock().sleep_until(until) => None,
        }
    }
}
