//! A sales unit on the wire.

use app::Unit;
use domain::CredentialMode as Mode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// A merchant's point of sale.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SalesUnit {
    /// The merchant serial number.
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: String,
    #[schema(example = "Acme, Storgata 1")]
    name: String,
    environment: Environment,
    /// The country whose currency it takes.
    #[schema(example = "NO")]
    market: &'static str,
    credential_mode: CredentialMode,
    /// Whether proven keys and a product profile serve it, so that payments can be made.
    has_keys: bool,
    /// Since when this partner may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_from: Option<Moment>,
}

/// Which of Vipps' two systems.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    Test,
    Production,
}

/// Whose keys serve it: its own, the partner's, or the operator's.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CredentialMode {
    Own,
    Partner,
    Platform,
}

impl From<&Unit> for SalesUnit {
    fn from(unit: &Unit) -> Self {
        Self {
            msn: unit.msn.to_string(),
            name: unit.name.clone(),
            environment: match unit.environment {
                domain::Environment::Test => Environment::Test,
                domain::Environment::Production => Environment::Production,
            },
            market: unit.market.as_str(),
            credential_mode: match unit.mode {
                Mode::Own => CredentialMode::Own,
                Mode::Partner => CredentialMode::Partner,
                Mode::Platform => CredentialMode::Platform,
            },
            has_keys: unit.keys.is_some() && unit.product.is_some(),
            live_from: unit.live_from.map(Moment::from),
        }
    }
}
