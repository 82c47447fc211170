//! Calls for a partner as a whole: under its own keys, for no sales unit. A door that is out is left alone, partner
//! by partner.

use domain::{Envelope, Environment, Outcome, PartnerId};
use outbound::Access;
use outbound::vipps::{Endpoint, ReadError};
use time::OffsetDateTime;

use super::outage::Ended;
use super::{Held, Purpose};
use crate::App;

/// A partner with its keys.
#[derive(Debug, Clone)]
pub(crate) struct Wide {
    pub(crate) partner: PartnerId,
    pub(crate) environment: Environment,
    /// Without a serial number.
    pub(crate) access: Access,
}

/// A call that may leave. Dropping it without [`Pass::end`] teaches nothing.
#[must_use]
struct Pass {
    app: App,
    way: super::breakers::Wide,
    probe: bool,
    began: OffsetDateTime,
    is_over: bool,
}

impl Pass {
    fn end(mut self, ended: Ended) {
        self.teach(ended);
    }

    fn teach(&mut self, ended: Ended) {
        self.is_over = true;
        let now = self.app.now();
        let mut breakers = self.app.admission().breakers();
        breakers.ended_wide(self.way, self.probe, ended, self.began, now);
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
    /// Sends once. At `limit` the call is given up and its outcome is unknown.
    pub(crate) async fn send_wide(
        &self,
        wide: &Wide,
        envelope: &Envelope,
        purpose: Purpose,
        limit: OffsetDateTime,
    ) -> Outcome {
        let pass = match self.wide_pass(wide, Endpoint::of(envelope), purpose) {
            Ok(pass) => pass,
            Err(held) => {
                return Outcome::NotSent {
                    reason: held.reason().to_owned(),
                };
            }
        };
        let outcome = self.sent_by(limit, envelope, &wide.access).await;
        pass.end(Ended::from(&outcome));
        outcome
    }

    /// One read through its door, given up at `limit`.
    pub(crate) async fn read_wide<T>(
        &self,
        wide: &Wide,
        endpoint: Endpoint,
        limit: OffsetDateTime,
        read: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        let pass = self.wide_pass(wide, endpoint, Purpose::Begin);
        let pass = pass.map_err(|held| ReadError::NotSent {
            reason: held.reason().to_owned(),
        })?;
        let result = tokio::select! {
            biased;
            result = read => result,
            () = self.clock().sleep_until(limit) => Err(ReadError::Unknown {
                reason: "the read took too long".to_owned(),
            }),
        };
        pass.end(result.as_ref().err().map_or(Ended::Answered, Ended::from));
        result
    }

    fn wide_pass(&self, wide: &Wide, endpoint: Endpoint, purpose: Purpose) -> Result<Pass, Held> {
        let way = (wide.partner, wide.environment, endpoint);
        let began = self.now();
        let probe = self.admission().breakers().leave_wide(way, purpose, began)?;
        Ok(Pass {
            app: self.clone(),
            way,
            probe,
            began,
            is_over: false,
        })
    }
}
