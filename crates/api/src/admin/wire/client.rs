//! A client of the gateway's own issuer on the wire, without what it proves itself with.

use app::registry::Client as Known;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::wire::Moment;

/// Who fetches tokens at the gateway's own token endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Client {
    #[schema(
        example = "cli_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^cli_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(example = "Web shop")]
    name: String,
    /// Public keys for `private_key_jwt`, a JWK set; null: it proves itself another way.
    #[schema(required = true, value_type = Option<Object>)]
    jwks: Option<Value>,
    /// What its tokens may be good for at most.
    scopes: Vec<String>,
    /// Which sales units they may reach at most; null: all.
    #[schema(required = true)]
    msns: Option<Vec<String>>,
    /// How long a token lives, in seconds.
    #[schema(example = 3600)]
    token_lifetime: i64,
    /// The product behind it.
    #[schema(required = true)]
    profile_id: Option<String>,
    /// `active`, or `suspended`: it gets no tokens, and those it has are refused.
    #[schema(example = "active", pattern = "^(active|suspended)$")]
    state: &'static str,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Known> for Client {
    fn from(client: Known) -> Self {
        Self {
            id: client.id.to_string(),
            partner_id: client.partner.to_string(),
            environment: client.environment.as_str(),
            name: client.name,
            jwks: client.jwks.as_deref().map(super::parsed),
            scopes: client.scopes,
            msns: super::words(client.msns.as_ref()),
            token_lifetime: client.token_lifetime.whole_seconds(),
            profile_id: client.profile.map(|profile| profile.to_string()),
            state: client.state.as_str(),
            created_at: client.created_at.into(),
            updated_at: client.updated_at.into(),
        }
    }
}
