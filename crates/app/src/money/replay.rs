//! The same bytes once more: stored before they leave, within the budget, by the owner alone.

use domain::budget::Budget;
use domain::operation::Kind;
use outbound::vipps::Endpoint;
use store::money::{Attempt, Held};

use super::drive::{Drive, Step};
use crate::admission::Purpose;
use crate::stale::Fault;
use crate::{App, Error};

/// Whether one more send is stored.
#[derive(Debug)]
pub(super) enum Stored {
    Send,
    /// The budget does not allow it yet, or its time is over.
    NotNow,
    Lost,
}

impl Drive {
    /// Stores one more send and renews the lease for it.
    pub(super) async fn store_send(&mut self, app: &App, budget: Budget) -> Result<Stored, Error> {
        let work = async {
            let operation = &self.operation;
            let tx = app
                .store()
                .begin(operation.partner, operation.environment)
                .await?;
            let scope = tx.scope();
            // First of all: a sales unit that has moved on, or is about to, has nothing sent for it here any more.
            let standing = scope.standing(operation.assignment).await?;
            if !standing.may_send_again() {
                tx.rollback().await?;
                return Ok(None);
            }
            // Only now: whoever stands in line to write grows older.
            let now = app.now();
            if self.doubted.is_some() && !self.may_go_again(app) {
                tx.rollback().await?;
                return Ok(None);
            }
            let until = now + app.settings().lease;
            let attempt = Attempt {
                id: app.clock().new_id(),
                at: now,
            };
            let held = scope.renew(&self.held, until).await?;
            let sent = scope
                .sent_times(
                    &operation.msn,
                    &operation.reference,
                    operation.kind,
                    now - budget.window,
                )
                .await?;
            if budget.admit(&sent, now).is_err() {
                tx.rollback().await?;
                return Ok(None);
            }
            if let Some((last, Some(ended))) = self.attempt {
                scope.end_attempt(last.id, ended, now).await?;
            }
            scope.add_send(&held, operation, attempt, until).await?;
            tx.commit().await?;
            Ok::<Option<(Held, Attempt)>, Fault>(Some((held, attempt)))
        };
        match work.await {
            Ok(Some((held, attempt))) => {
                self.held = held;
                self.attempt = Some((attempt, None));
                self.operation.sends += 1;
                self.operation.missing = 0;
                self.operation.sent.last = attempt.at;
                Ok(Stored::Send)
            }
            Ok(None) => Ok(Stored::NotNow),
            Err(Fault::Store(store::Error::Stale)) => Ok(Stored::Lost),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Makes sure that the lease outlasts one more call; false = the payment has another owner.
    pub(super) async fn keep(&mut self, app: &App) -> Result<bool, Error> {
        let now = app.now();
        if now + app.settings().call_limit <= self.held.until {
            return Ok(true);
        }
        let until = now + app.settings().lease;
        let work = async {
            let tx = app
                .store()
                .begin(self.operation.partner, self.operation.environment)
                .await?;
            let held = tx.scope().renew(&self.held, until).await?;
            tx.scope().hold_off(self.operation.id, until).await?;
            tx.commit().await?;
            Ok(held)
        };
        match work.await {
            Ok(held) => {
                self.held = held;
                Ok(true)
            }
            Err(Fault::Store(store::Error::Stale)) => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The step after a look that found nothing: the same bytes again, where that is allowed.
    pub(super) async fn replay(&mut self, app: &App) -> Result<Step, Error> {
        // One look may have been too early for the log; nothing is sent again before a second one.
        if self.operation.rounds < 2 {
            return Ok(Step::Pause);
        }
        if app.now() < self.repeat_at() {
            return Ok(Step::Pause);
        }
        // A payment nobody waits for any more is not created.
        if self.operation.kind == Kind::Create && !self.waiting.is_wanted(app.now()) {
            return Ok(Step::Pause);
        }
        if !self.may_go_again(app) {
            return Ok(Step::Pause);
        }
        let door = Endpoint::of_operation(self.operation.kind);
        if app.may_leave(&self.unit, door, Purpose::Settle).await.is_err() {
            return Ok(Step::Pause);
        }
        Ok(match self.store_send(app, app.settings().writes).await? {
            Stored::Send => Step::Send,
            Stored::NotNow => Step::Pause,
            Stored::Lost => Step::Lost,
        })
    }
}
