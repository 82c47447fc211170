//! A merchant on the wire, with its partner.

use app::registry::Merchant as Known;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// A business that is paid, as one partner knows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Merchant {
    #[schema(
        example = "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^mer_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(example = "Acme AS")]
    name: String,
    /// As the country's register writes it.
    #[schema(example = "987654321")]
    organisation_number: String,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "NO", pattern = "^[A-Z]{2}$")]
    country: String,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Known> for Merchant {
    fn from(merchant: Known) -> Self {
        Self {
            id: merchant.id.to_string(),
            partner_id: merchant.partner.to_string(),
            environment: merchant.environment.as_str(),
            name: merchant.name,
            organisation_number: merchant.organisation_number,
            country: merchant.country,
            created_at: merchant.created_at.into(),
            updated_at: merchant.updated_at.into(),
        }
    }
}
