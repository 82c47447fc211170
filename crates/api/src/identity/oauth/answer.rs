//! The answers of the token endpoint (RFC 6749, sections 5.1 and 5.2).

use app::Error;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::issue::Issued;

/// Why no token was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is not one: the sentence says what is wrong with it.
    InvalidRequest(&'static str),
    /// Nobody, or somebody else. `basic`: whoever tried `Authorization` is challenged by it.
    InvalidClient {
        basic: bool,
    },
    /// Too many failures for one client; the right secret still opens.
    TooManyFailures {
        retry_after: i64,
    },
    UnsupportedGrantType,
    InvalidScope,
    /// The gateway cannot judge at the moment.
    Unavailable,
    /// A defect or a damaged row.
    Internal,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if matches!(error, Error::Unavailable) {
            return Self::Unavailable;
        }
        tracing::error!(cause = %error, "the token endpoint failed");
        Self::Internal
    }
}

impl Fault {
    /// What is wrong, in a sentence.
    pub const fn description(self) -> &'static str {
        self.parts().2
    }

    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(description) => (StatusCode::BAD_REQUEST, "invalid_request", description),
            Self::InvalidClient { .. } => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "the client is unknown or did not prove itself",
            ),
            Self::TooManyFailures { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "invalid_client",
                "the client did not prove itself too many times; wait and use the right credentials",
            ),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "the grant type must be client_credentials",
            ),
            Self::InvalidScope => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "a requested scope is not granted to this client",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "try again in a moment",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "the gateway failed; its operator can see why",
            ),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, error, description) = self.parts();
        let body = Json(json!({ "error": error, "error_description": description }));
        let mut response =
            (status, [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], body).into_response();
        let headers = response.headers_mut();
        match self {
            Self::InvalidClient { basic: true } => {
                headers.insert(
                    WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"nordbro\""),
                );
            }
            Self::TooManyFailures { retry_after } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(retry_after));
            }
            Self::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::InvalidClient { basic: false }
            | Self::InvalidRequest(_)
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::Internal => {}
        }
        response
    }
}

pub(super) fn granted(issued: &Issued) -> Response {
    let body = json!({
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in.whole_seconds(),
        "scope": issued.scope,
    });
    ([(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], Json(body)).into_response()
}
