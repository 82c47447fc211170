//! The token endpoint for partners without an identity provider, and what they find it by.

mod answer;
mod assertion;
mod client_auth;
mod failures;
mod issue;
mod metadata;
mod request;

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::CACHE_CONTROL;

use failures::Failures;

pub use answer::Fault;
pub use issue::{Grant, Issued, issue};

/// Requests to the token endpoint are small; longer bodies are refused unread.
const LONGEST_BODY: usize = 16 << 10;

#[derive(Clone)]
struct Endpoint {
    app: App,
    failures: Arc<Failures>,
}

/// `/oauth/token` and the two documents under `/.well-known`, to be merged into a router of any state.
pub fn router<S>(app: App) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let endpoint = Endpoint {
        app,
        failures: Arc::default(),
    };
    Router::new()
        .route("/oauth/token", post(token))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/.well-known/oauth-authorization-server", get(server_metadata))
        .layer(axum::extract::DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(endpoint)
}

/// Client credentials against an access token (RFC 6749, section 4.4).
async fn token(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> Response {
    match grant(&endpoint, &headers, &body).await {
        Ok(issued) => answer::granted(&issued),
        Err(fault) => fault.into_response(),
    }
}

async fn grant(endpoint: &Endpoint, headers: &HeaderMap, body: &[u8]) -> Result<Issued, Fault> {
    let request = request::parse(headers, body)?;
    let client = client_auth::authenticate(endpoint, &request).await?;
    let wanted = Grant {
        scope: request.scope.as_deref(),
        msns: None,
    };
    issue(&endpoint.app, &client, wanted).await
}

async fn jwks(State(endpoint): State<Endpoint>) -> Response {
    match super::own_keys::published(&endpoint.app).await {
        Ok(set) => {
            let headers = [
                (http::header::CONTENT_TYPE, "application/jwk-set+json"),
                // Shorter than a key is published before it signs.
                (CACHE_CONTROL, "public, max-age=3600"),
            ];
            (headers, set).into_response()
        }
        Err(error) => Fault::from(error).into_response(),
    }
}

async fn server_metadata(State(endpoint): State<Endpoint>) -> Response {
    let headers = [(CACHE_CONTROL, "public, max-age=3600")];
    let document = metadata::document(&endpoint.app.settings().issuer);
    (headers, axum::Json(document)).into_response()
}
