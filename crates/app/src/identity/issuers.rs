//! The issuers of tokens, by what a token says of itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Environment, IssuerId, Msn, PartnerId};
use moka::future::Cache;
use store::registry::{Issuer, Jwks, PartnerState, Standing};
use time::Duration;

use crate::{App, Error, Scopes};

/// By (`iss`, version of the registry).
pub(super) type Known = Cache<(String, i64), Arc<Vec<TrustedIssuer>>>;

/// An issuer whose partner is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    pub id: IssuerId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub aud: String,
    pub jwks: Jwks,
    pub algorithms: Vec<String>,
    pub scopes: Scopes,
    pub msns: Option<BTreeSet<Msn>>,
    pub max_lifetime: Duration,
    pub demands_at_jwt: bool,
}

impl App {
    /// The issuers that sign as `iss`, one for each audience; none for our own name, which is reserved.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn issuers(&self, iss: &str) -> Result<Arc<Vec<TrustedIssuer>>, Error> {
        let key = (iss.to_owned(), self.registry_version().await?);
        if let Some(known) = self.identities().issuers.get(&key).await {
            return Ok(known);
        }
        let reader = self.store().read_system("issuer of a token");
        let mut trusted = Vec::new();
        if iss != self.settings().issuer {
            for issuer in reader.system().find_issuers(iss).await? {
                if issuer.state == Standing::Suspended {
                    continue;
                }
                let partner = reader.system().find_partner(issuer.partner).await?;
                if partner.is_some_and(|partner| partner.state == PartnerState::Active) {
                    trusted.push(TrustedIssuer::from(issuer));
                }
            }
        }
        let trusted = Arc::new(trusted);
        // Unknown names are not kept: anybody could fill the cache with them.
        if !trusted.is_empty() {
            self.identities().issuers.insert(key, Arc::clone(&trusted)).await;
        }
        Ok(trusted)
    }
}

impl From<Issuer> for TrustedIssuer {
    fn from(issuer: Issuer) -> Self {
        Self {
            id: issuer.id,
            partner: issuer.partner,
            environment: issuer.environment,
            aud: issuer.aud,
            jwks: issuer.jwks,
            algorithms: issuer.algorithms,
            scopes: Scopes::from_claim(&issuer.scopes.join(" ")),
            msns: issuer.msns,
            max_lifetime: issuer.max_lifetime,
            demands_at_jwt: issuer.demands_at_jwt,
        }
    }
}
