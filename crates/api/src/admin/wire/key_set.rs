//! A key set on the wire: whose and in which state, never what.

use app::registry::StoredKeySet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// Keys at Vipps, without the keys.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeySet {
    #[schema(
        example = "keys_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^keys_[0-9a-f]{32}$"
    )]
    id: String,
    /// `sales_unit`, `partner`, `platform` or `accounting`.
    #[schema(example = "sales_unit")]
    kind: &'static str,
    /// Null: the operator's.
    #[schema(required = true)]
    partner_id: Option<String>,
    /// Of one sales unit.
    #[schema(required = true)]
    sales_unit_id: Option<String>,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    /// `draft`: not proven. `active`: in use. `retired`: replaced.
    #[schema(example = "active")]
    state: &'static str,
    #[schema(example = 1)]
    version: i64,
    #[schema(required = true)]
    proven_at: Option<Moment>,
    created_at: Moment,
    updated_at: Moment,
}

impl From<StoredKeySet> for KeySet {
    fn from(keys: StoredKeySet) -> Self {
        Self {
            id: keys.id.to_string(),
            kind: keys.owner.kind().as_str(),
            partner_id: keys.owner.partner().map(|partner| partner.to_string()),
            sales_unit_id: keys.owner.assignment().map(|unit| unit.to_string()),
            environment: keys.environment.as_str(),
            state: keys.state.as_str(),
            version: keys.version,
            proven_at: keys.proven_at.map(Moment::from),
            created_at: keys.created_at.into(),
            updated_at: keys.updated_at.into(),
        }
    }
}
