//! A product profile on the wire.

use app::registry::Profile as Known;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// How one product of a partner names itself to Vipps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    #[schema(
        example = "prof_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prof_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(example = "Till")]
    name: String,
    #[schema(example = "Acme")]
    system_name: String,
    #[schema(example = "4.2")]
    system_version: String,
    #[schema(example = "acme-till")]
    plugin_name: String,
    #[schema(example = "1.7")]
    plugin_version: String,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Known> for Profile {
    fn from(profile: Known) -> Self {
        let values = profile.product.headers().map(|(_, value)| value.to_owned());
        let [system_name, system_version, plugin_name, plugin_version] = values;
        Self {
            id: profile.id.to_string(),
            partner_id: profile.partner.to_string(),
            environment: profile.environment.as_str(),
            name: profile.name,
            system_name,
            system_version,
            plugin_name,
            plugin_version,
            created_at: profile.created_at.into(),
            updated_at: profile.updated_at.into(),
        }
    }
}
