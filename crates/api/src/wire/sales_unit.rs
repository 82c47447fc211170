//! A sales unit on the wire.

use app::onboarding::{HeldUnit, Stage};
use domain::{CredentialMode as Mode, Proof as Shown, Trouble};
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
    #[schema(
        example = "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^mer_[0-9a-f]{32}$"
    )]
    merchant_id: String,
    #[schema(example = "Acme, Storgata 1")]
    name: String,
    environment: Environment,
    /// The country whose currency it takes.
    #[schema(example = "NO")]
    market: &'static str,
    state: State,
    /// Why it is in this state and what comes next.
    #[schema(example = "Payments can be made.")]
    reason: String,
    /// By what it was shown that the sales unit is the merchant's. Absent while it is a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    credential_mode: CredentialMode,
    /// Whether proven keys and a product profile serve it, so that payments can be made.
    has_keys: bool,
    health: Health,
    /// While keys that were replaced finish what was begun under them. Absent: none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_switch: Option<KeySwitch>,
    /// Since when this partner may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_from: Option<Moment>,
}

/// `draft`: said to be the merchant's, and not proven. `verified`: proven, and something else is missing. `transfer`:
/// proven, and on its way here. `live`: payments can be made. `disconnected`: it was live, and Vipps refuses it with the
/// keys it has. `closing`: it moves away, and no money operation is begun any more. `moved`: it has moved away, and what
/// was done with it can be read.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SalesUnitState)]
pub(crate) enum State {
    Draft,
    Verified,
    Transfer,
    Live,
    Disconnected,
    Closing,
    Moved,
}

/// A change of the keys that serve it. New operations use the new ones; what was begun under the ones before is finished
/// under them, and then they are erased.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeySwitch {
    /// Since when its own keys are on their way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Moment>,
    /// How many operations are open under keys that serve it no longer.
    #[schema(example = 1, minimum = 0)]
    open_operations: u64,
}

/// How the claim on it was proven.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claim {
    proof: Proof,
    proven_at: Moment,
}

/// `own_keys`: its own keys open it at Vipps. `management`: Vipps' Management API shows it to the partner's keys.
/// `product_order`: the partner's product order was completed with it. `operator`: the operator looked into it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    OwnKeys,
    Management,
    ProductOrder,
    Operator,
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
    /// What the last look at Vipps found wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleWord>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    /// When Vipps was last asked how it takes the keys. Absent: not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Moment>,
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

/// What keeps it from Vipps: `wrong_environment`, `wrong_pair` (client id and secret), `wrong_subscription_key`,
/// `wrong_unit`, `missing_product`, `deactivated`, `disconnected`, `unclear`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = Trouble, value_type = String, example = "wrong_subscription_key")]
pub(crate) struct TroubleWord(&'static str);

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

impl Health {
    fn of(held: &HeldUnit) -> Self {
        let (status, since, reason) = match &held.health {
            app::Health::Connected => (HealthStatus::Connected, None, None),
            app::Health::WithoutKeys => (HealthStatus::WithoutKeys, None, None),
            app::Health::Disconnected { since, because } => (
                HealthStatus::Disconnected,
                Some((*since).into()),
                Some(because.clone()),
            ),
        };
        let trouble = held.checkup.and_then(|checkup| checkup.trouble);
        Self {
            status,
            since,
            reason,
            trouble: trouble.map(|trouble| TroubleWord(trouble.as_str())),
            remedy: trouble.map(Trouble::remedy),
            checked_at: held.checkup.map(|checkup| checkup.at.into()),
        }
    }
}

impl From<HeldUnit> for SalesUnit {
    fn from(held: HeldUnit) -> Self {
        let health = Health::of(&held);
        let unit = &held.unit;
        Self {
            msn: unit.msn.to_string(),
            merchant_id: unit.merchant.to_string(),
            name: unit.name.clone(),
            environment: match unit.environment {
                domain::Environment::Test => Environment::Test,
                domain::Environment::Production => Environment::Production,
            },
            market: unit.market.as_str(),
            state: match held.stage {
                Stage::Draft => State::Draft,
                Stage::Verified => State::Verified,
                Stage::Transfer => State::Transfer,
                Stage::Live => State::Live,
                Stage::Disconnected => State::Disconnected,
                Stage::Closing => State::Closing,
                Stage::Moved => State::Moved,
            },
            claim: held.proof.map(|(proof, at)| Claim {
                proof: match proof {
                    Shown::OwnKeys => Proof::OwnKeys,
                    Shown::Management => Proof::Management,
                    Shown::ProductOrder => Proof::ProductOrder,
                    Shown::Operator => Proof::Operator,
                },
                proven_at: at.into(),
            }),
            credential_mode: match unit.mode {
                Mode::Own => CredentialMode::Own,
                Mode::Partner => CredentialMode::Partner,
                Mode::Platform => CredentialMode::Platform,
            },
            health,
            key_switch: held.switch.map(|switch| KeySwitch {
                since: switch.since.map(Moment::from),
                open_operations: switch.open,
            }),
            has_keys: unit.keys.is_some() && unit.product.is_some(),
            live_from: unit.live_from.map(Moment::from),
            reason: held.reason,
        }
    }
}
