//! What a client finds the endpoint by (RFC 8414).

use app::Scope;
use serde_json::{Value, json};

/// The metadata of the server at `issuer`.
pub(super) fn document(issuer: &str) -> Value {
    let scopes: Vec<_> = Scope::ALL.into_iter().map(Scope::as_str).collect();
    json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth/token"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "scopes_supported": scopes,
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        "service_documentation": format!("{issuer}/docs"),
    })
}
