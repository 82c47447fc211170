//! The partner's own way to the Management API.

use std::sync::Arc;

use domain::{Environment, PartnerId, ProfileId, TraceContext};
use outbound::Access;

use super::Hindrance;
use crate::admission::Wide;
use crate::{App, Error};

impl App {
    /// A partner with its own keys and the product that calls: the chosen one, else its first.
    ///
    /// # Errors
    /// [`Hindrance::WithoutKeys`]; [`Error::Unavailable`].
    pub(super) async fn wide(
        &self,
        partner: PartnerId,
        environment: Environment,
        chosen: Option<ProfileId>,
        trace: TraceContext,
    ) -> Result<Wide, Error> {
        let reader = self.store().read(partner, environment);
        let keys = reader.scope().partner_keys().await?;
        let profiles = reader.scope().profiles().await?;
        let profile = profiles
            .iter()
            .find(|profile| chosen == Some(profile.id))
            .or(profiles.first());
        let (Some(keys), Some(profile)) = (keys, profile) else {
            return Err(Hindrance::WithoutKeys.into());
        };
        Ok(Wide {
            partner,
            environment,
            access: Access {
                environment,
                partner: Some(partner),
                keys: Arc::new(keys),
                msn: None,
                product: Arc::new(profile.product.clone()),
                trace,
            },
        })
    }
}
