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

/// A call that may leave.
struct Pass {
    way: super::breakers::Wide,
    probe: bool,
    began: OffsetDateTime,
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
        let outcome = tokio::select! {
            biased;
            outcome = self.vipps().send(envelope, &wide.access) => outcome,
            // Dropping the call closes its connection: nothing of it leaves after the limit.
            () = self.clock().sleep_until(limit) => Outcome::Unknown {
                reason: "the call took too long".to_owned(),
            },
        };
        self.wide_end(&pass, Ended::from(&outcome));
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
        self.wide_end(&pass, result.as_ref().err().map_or(Ended::Answered, Ended::from));
        result
    }

    fn wide_pass(&self, wide: &Wide, endpoint: Endpoint, purpose: Purpose) -> Result<Pass, Held> {
        let way = (wide.partner, wide.environment, endpoint);
        let began = self.now();
        let probe = self.admission().breakers().leave_wide(way, purpose, began)?;
        Ok(Pass { way, probe, began })
    }

    fn wide_end(&self, pass: &Pass, ended: Ended) {
        let now = self.now();
        let mut breakers = self.admission().breakers();
        breakers.ended_wide(pass.way, pass.probe, ended, pass.began, now);
    }
}
