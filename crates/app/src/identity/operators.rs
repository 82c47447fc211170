//! Whoever signs the operators' own tokens. It stands in the settings, not in the registry: who may change the
//! registry is not the registry's to say.

use domain::Violation;
use store::registry::Jwks;
use time::Duration;

use crate::registry::issuers::{name_faults, trust_faults};
use crate::{App, Error};

/// The issuer of the operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorIssuer {
    pub iss: String,
    pub aud: String,
    pub jwks: Jwks,
    /// A subset of [`crate::registry::issuers::ALGORITHMS`].
    pub algorithms: Vec<String>,
    pub max_lifetime: Duration,
    /// Whether the header must say `typ: at+jwt`.
    pub demands_at_jwt: bool,
}

impl OperatorIssuer {
    /// Whether (`iss`, `aud`) is the operators': then it is nobody else's.
    pub fn is(&self, iss: &str, aud: &str) -> bool {
        self.iss == iss && self.aud == aud
    }

    /// What is wrong with it, under the rules that hold for partners' issuers. `own` is the gateway's own `iss`.
    pub fn faults(&self, own: &str) -> Vec<Violation> {
        let mut violations = name_faults(&self.iss, &self.aud);
        if self.iss == own {
            violations.push(Violation::new("iss", "reserved", "is this gateway's own issuer"));
        }
        violations.extend(trust_faults(&self.jwks, &self.algorithms, self.max_lifetime));
        violations
    }
}

impl App {
    /// Whether one token of the operators' issuer was taken back. The database is asked each time: operators are few,
    /// and what they may do is worth it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_operator_revoked(&self, iss: &str, jti: &str) -> Result<bool, Error> {
        let reader = self.store().read_system("an operator's token");
        Ok(reader.system().is_operator_token_revoked(iss, jti).await?)
    }
}
