//! Do these keys open the door? Asked before a key set is used, without moving money.

use std::sync::Arc;

use domain::{Environment, KeySet, Rejected};
use serde::de::IgnoredAny;

use super::measure::Endpoint;
use super::token::{NoToken, Which, fetch, speaks_of_subscription_key, spread};
use super::wire::not_readable;
use super::{Access, ReadError, Vipps};

/// Which member of the key set is wrong, as far as Vipps tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No such client id in this environment.
    ClientId,
    ClientSecret,
    /// The primary one.
    SubscriptionKey,
    /// The primary one works and this one does not.
    SecondarySubscriptionKey,
    /// Refused without a word that tells why.
    Unclear,
}

/// The keys did not prove themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Vipps refused them.
    #[error("vipps refused the keys with status {}", .rejected.status)]
    Refused { fault: Fault, rejected: Box<Rejected> },
    /// Vipps could not be asked, so nothing is known about the keys.
    #[error("the keys could not be tried: {reason}")]
    Unavailable { reason: String },
}

impl Vipps {
    /// A token call with each subscription key of the set, past the cache and its back-off, so that a
    /// corrected key set is not answered with yesterday's failure. A token that comes is kept.
    ///
    /// # Errors
    /// [`ProbeError`].
    pub async fn probe(&self, access: &Access) -> Result<(), ProbeError> {
        if access.keys.environment != access.environment {
            return Err(ProbeError::Unavailable {
                reason: "the keys belong to the other environment".to_owned(),
            });
        }
        let began = self.0.clock.now();
        let granted = fetch(&self.0, access, Which::Primary)
            .await
            .map_err(|none| explain(none, Which::Primary))?;
        if access.keys.secondary_subscription_key.is_some() {
            fetch(&self.0, access, Which::Secondary)
                .await
                .map_err(|none| explain(none, Which::Secondary))?;
        }
        let slot = self.0.tokens.slot(access).await;
        slot.accept(granted, began, spread(&self.0));
        Ok(())
    }

    /// Whether these keys, which their own environment does not know, are keys of the other one. A token that
    /// comes is thrown away.
    pub async fn opens_elsewhere(&self, access: &Access) -> bool {
        let environment = match access.environment {
            Environment::Test => Environment::Production,
            Environment::Production => Environment::Test,
        };
        let keys = KeySet {
            environment,
            ..KeySet::clone(&access.keys)
        };
        let elsewhere = Access {
            environment,
            keys: Arc::new(keys),
            ..access.clone()
        };
        fetch(&self.0, &elsewhere, Which::Primary).await.is_ok()
    }

    /// A read of a payment that cannot be: Vipps' "there is none" proves that the sales unit has ePayment. Each
    /// unit asks for a reference of its own, because Vipps counts reads by reference and subscription key.
    ///
    /// # Errors
    /// [`ReadError`]; 401 and 403 mean that the unit has no right to it.
    pub async fn probe_product(&self, access: &Access) -> Result<(), ReadError> {
        let unit = access.msn.as_ref().map_or("0000", |msn| msn.as_str());
        let path = format!("/epayment/v1/payments/nordbro-probe-{unit}");
        let read = self.read(Endpoint::epayment("probe"), &path, access, |_| Ok(()));
        match read.await {
            Ok(()) | Err(ReadError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// `GET /webhooks/v1/webhooks` with the access' serial number: proves that keys and sales unit belong
    /// together. 403 and 401 mean that they do not.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn probe_sales_unit(&self, access: &Access) -> Result<(), ReadError> {
        let endpoint = Endpoint::webhooks("list");
        self.read(endpoint, "/webhooks/v1/webhooks", access, |body| {
            serde_json::from_slice::<IgnoredAny>(&body)
                .map(drop)
                .map_err(|error| not_readable(&error))
        })
        .await
    }
}

fn explain(none: NoToken, which: Which) -> ProbeError {
    match none {
        NoToken::Unavailable(reason) => ProbeError::Unavailable { reason },
        NoToken::Refused(rejected) if rejected.status == 429 => ProbeError::Unavailable {
            reason: "the token service is too busy".to_owned(),
        },
        NoToken::Refused(rejected) => ProbeError::Refused {
            fault: fault(&rejected, which),
            rejected,
        },
    }
}

/// Azure AD's numbers are stable where its sentences are not: 700016 is an unknown application, 7000215 and
/// 7000222 are a wrong and an expired secret.
fn fault(rejected: &Rejected, which: Which) -> Fault {
    let detail = rejected.detail.as_deref().unwrap_or_default();
    if speaks_of_subscription_key(rejected.status, &rejected.body) || which == Which::Secondary {
        match which {
            Which::Primary => Fault::SubscriptionKey,
            Which::Secondary => Fault::SecondarySubscriptionKey,
        }
    } else if detail.contains("AADSTS700016") {
        Fault::ClientId
    } else if detail.contains("AADSTS7000215") || detail.contains("AADSTS7000222") {
        Fault::ClientSecret
    } else {
        Fault::Unclear
    }
}
