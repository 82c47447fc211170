//! An issuer on the wire.

use app::registry::{Issuer as Known, Jwks};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::wire::Moment;

/// Whose tokens are believed, for one partner in one environment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issuer {
    #[schema(
        example = "iss_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^iss_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    /// The claim `iss`, exactly.
    #[schema(example = "https://id.acme.example")]
    iss: String,
    /// The claim `aud`.
    #[schema(example = "nordbro")]
    aud: String,
    /// Where the issuer publishes its keys; null: they are in `jwks`.
    #[schema(required = true)]
    jwks_url: Option<String>,
    /// The public keys themselves, a JWK set.
    #[schema(required = true, value_type = Option<Object>)]
    jwks: Option<Value>,
    algorithms: Vec<String>,
    /// What its tokens may be good for at most.
    scopes: Vec<String>,
    /// Which sales units they may reach at most; null: all.
    #[schema(required = true)]
    msns: Option<Vec<String>>,
    /// The longest time from `iat` to `exp`, in seconds.
    #[schema(example = 3600)]
    max_lifetime: i64,
    /// Whether the header must say `typ: at+jwt`.
    at_jwt: bool,
    /// `active`, or `suspended`: its tokens are refused.
    #[schema(example = "active", pattern = "^(active|suspended)$")]
    state: &'static str,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Known> for Issuer {
    fn from(issuer: Known) -> Self {
        let (jwks_url, jwks) = match issuer.jwks {
            Jwks::Url(url) => (Some(url), None),
            Jwks::Inline(set) => (None, Some(super::parsed(&set))),
        };
        Self {
            id: issuer.id.to_string(),
            partner_id: issuer.partner.to_string(),
            environment: issuer.environment.as_str(),
            iss: issuer.iss,
            aud: issuer.aud,
            jwks_url,
            jwks,
            algorithms: issuer.algorithms,
            scopes: issuer.scopes,
            msns: super::words(issuer.msns.as_ref()),
            max_lifetime: issuer.max_lifetime.whole_seconds(),
            at_jwt: issuer.demands_at_jwt,
            state: issuer.state.as_str(),
            created_at: issuer.created_at.into(),
            updated_at: issuer.updated_at.into(),
        }
    }
}
