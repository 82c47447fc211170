//! The way of a call to Vipps: through the breakers, and what its end teaches them. Only looks at keys
//! (`onboarding::diagnosis`, `registry::key_sets`) go past them: they tell what a breaker could only guess.

use domain::{Envelope, Outcome, Reference};
use outbound::Access;
use outbound::vipps::{Endpoint, OrderManagement, ReadError};
use time::OffsetDateTime;

use super::Held;
use super::breakers::{Probes, Way};
use super::outage::Ended;
use crate::App;
use crate::served::Served;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// New work: held back while a door is out.
    Begin,
    /// To settle an outcome that is unknown: that is paced by a back-off of its own, nobody is helped by
    /// waiting longer, and it is how an open breaker learns. Only a sales unit that Vipps refuses is left
    /// alone.
    Settle,
}

/// A call that may leave. Dropping it without [`Pass::end`] teaches nothing.
#[must_use]
pub(crate) struct Pass {
    app: App,
    way: Way,
    probes: Probes,
    began: OffsetDateTime,
    is_over: bool,
}

impl Pass {
    async fn end(mut self, ended: Ended, unit: &Served) {
        // The token service said no to the keys: that is no unit's trouble, and no door was reached.
        let by_token_service =
            matches!(ended, Ended::Refused(_)) && self.app.vipps().keys_refused(&unit.access).await.is_some();
        if by_token_service {
            self.app.doubt(unit);
        }
        let ended = if by_token_service { Ended::Silent } else { ended };
        self.teach(ended);
    }

    fn teach(&mut self, ended: Ended) {
        self.is_over = true;
        let now = self.app.now();
        let connection = {
            let mut breakers = self.app.admission().breakers();
            breakers.ended(&self.way, self.probes, ended, self.began, now)
        };
        if let Some(connected) = connection {
            self.app.remember(self.way, connected);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.is_over {
            self.teach(Ended::Silent);
        }
    }
}

impl App {
    /// Lets a call leave, or not.
    pub(crate) async fn pass(
        &self,
        unit: &Served,
        endpoint: Endpoint,
        purpose: Purpose,
    ) -> Result<Pass, Held> {
        self.recall().await;
        let way = Way::of(unit, endpoint);
        let began = self.now();
        let probes = self.admission().breakers().leave(&way, purpose, began)?;
        Ok(Pass {
            app: self.clone(),
            way,
            probes,
            began,
            is_over: false,
        })
    }

    /// Whether a call could leave now. Asked before anything is stored for it.
    pub(crate) async fn may_leave(
        &self,
        unit: &Served,
        endpoint: Endpoint,
        purpose: Purpose,
    ) -> Result<(), Held> {
        self.recall().await;
        let way = Way::of(unit, endpoint);
        self.admission().breakers().look(&way, purpose, self.now())
    }

    /// Sends once. At `limit` the call is given up and its outcome is unknown.
    pub(crate) async fn send_out(
        &self,
        unit: &Served,
        envelope: &Envelope,
        purpose: Purpose,
        limit: OffsetDateTime,
    ) -> Outcome {
        let pass = match self.pass(unit, Endpoint::of(envelope), purpose).await {
            Ok(pass) => pass,
            Err(held) => {
                return Outcome::NotSent {
                    reason: held.reason().to_owned(),
                };
            }
        };
        let outcome = self.sent_by(limit, envelope, &unit.access).await;
        pass.end(Ended::from(&outcome), unit).await;
        outcome
    }

    pub(super) async fn sent_by(
        &self,
        limit: OffsetDateTime,
        envelope: &Envelope,
        access: &Access,
    ) -> Outcome {
        tokio::select! {
            biased;
            outcome = self.vipps().send(envelope, access) => outcome,
            // Dropping the call closes its connection: nothing of it leaves after the limit.
            () = self.clock().sleep_until(limit) => Outcome::Unknown {
                reason: "the call took too long".to_owned(),
            },
        }
    }

    /// One read through its door.
    pub(crate) async fn read_through<T>(
        &self,
        pass: Pass,
        unit: &Served,
        read: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        let result = read.await;
        let ended = result.as_ref().err().map_or(Ended::Answered, Ended::from);
        pass.end(ended, unit).await;
        result
    }

    /// What Order Management keeps for a payment.
    pub(crate) async fn read_order(
        &self,
        unit: &Served,
        reference: &Reference,
    ) -> Result<OrderManagement, ReadError> {
        let pass = self.pass(unit, Endpoint::READ_ORDER, Purpose::Begin).await;
        let pass = pass.map_err(|held| ReadError::NotSent {
            reason: held.reason().to_owned(),
        })?;
        let read = self.vipps().read_order(&unit.access, reference);
        self.read_through(pass, unit, read).await
    }
}
