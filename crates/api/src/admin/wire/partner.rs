//! A partner on the wire.

use app::registry::Partner as Known;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Partner {
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    id: String,
    /// Unique in the gateway.
    #[schema(example = "Acme")]
    name: String,
    /// `active` or `suspended`.
    #[schema(example = "active", pattern = "^(active|suspended)$")]
    state: &'static str,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Known> for Partner {
    fn from(partner: Known) -> Self {
        Self {
            id: partner.id.to_string(),
            name: partner.name,
            state: partner.state.as_str(),
            created_at: partner.created_at.into(),
            updated_at: partner.updated_at.into(),
        }
    }
}

/// How long a partner's bodies are kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retention {
    #[schema(example = 400, minimum = 1, maximum = 3650)]
    days: u32,
}

impl Retention {
    pub(crate) const fn new(days: u32) -> Self {
        Self { days }
    }
}
