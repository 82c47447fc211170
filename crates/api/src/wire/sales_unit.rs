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
    health: Health,
    /// Since when this partner may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_from: Option<Moment>,
}

/// Whether payments can be made through it, as far as its keys go.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    status: HealthStatus,
    /// Since when it is disconnected.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Moment>,
    /// Why it is disconnected, for the merchant's staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `disconnected`: Vipps refuses it with the keys it has. `without_keys`: no proven keys or no product
/// profile serve it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthStatus {
    Connected,
    Disconnected,
    WithoutKeys,
}

impl From<app::Health> for Health {
    fn from(health: app::Health) -> Self {
        let (status, since, reason) = match health {
            app::Health::Connected => (HealthStatus::Connected, None, None),
            app::Health::WithoutKeys => (HealthStatus::WithoutKeys, None, None),
            app::Health::Disconnected { since, because } => {
                (HealthStatus::Disconnected, Some(since.into()), Some(because))
            }
        };
        Self {
            status,
            since,
            reason,
        }
    }
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

impl SalesUnit {
    pub(crate) fn new(unit: &Unit, health: app::Health) -> Self {
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
            health: health.into(),
            has_keys: unit.keys.is_some() && unit.product.is_some(),
            live_from: unit.live_from.map(Moment::from),
        }
    }
}
