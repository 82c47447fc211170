//! Who is let in.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::Arrived;
use crate::face::Face;
use crate::identity::{self, Refusal};
use crate::limit::Standings;
use crate::problem::{Code, Problem};

fn standings(request: &Request) -> Standings {
    request.extensions().get().cloned().unwrap_or_default()
}

/// The limit by address. Whoever accepts connections says who is at the other end.
pub(crate) async fn address(State(face): State<Face>, request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>()
        && let Err(problem) = face.limits.address(peer.ip(), &standings(&request))
    {
        return problem.into_response();
    }
    next.run(request).await
}

/// 401, or a caller from here on.
pub(crate) async fn believe(State(face): State<Face>, mut request: Request, next: Next) -> Response {
    let Some(arrived) = request.extensions().get::<Arrived>().cloned() else {
        return Problem::new(Code::INTERNAL).into_response();
    };
    let judged = match bearer(request.headers()) {
        Some(token) => identity::authenticate(&face.app, &token).await,
        None => Err(Refusal::NoToken),
    };
    match judged {
        Ok(identity) => {
            let caller = identity.caller(arrived.trace, arrived.request_id);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => nobody(refusal).into_response(),
    }
}

/// 401 with the challenge of RFC 6750, unless nobody can tell right now.
pub(crate) fn nobody(refusal: Refusal) -> Problem {
    let unauthenticated = Problem::new(Code::UNAUTHENTICATED);
    match refusal {
        Refusal::NoToken => unauthenticated
            .saying("The header `Authorization: Bearer <token>` is missing.")
            .challenging("Bearer"),
        Refusal::Invalid(reason) => {
            let why = reason.as_str();
            unauthenticated
                .saying(format!("The access token was not accepted: {why}."))
                .challenging(format!(
                    "Bearer error=\"invalid_token\", error_description=\"{why}\""
                ))
        }
        Refusal::Unjudged(error) => error.into(),
    }
}

/// The limit by partner.
pub(crate) async fn fair(State(face): State<Face>, request: Request, next: Next) -> Response {
    if let Some(caller) = request.extensions().get::<app::Caller>()
        && let Err(problem) = face.limits.partner(caller, &standings(&request))
    {
        return problem.into_response();
    }
    next.run(request).await
}

/// The one token of the one header; two headers are nobody's.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(one), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_one_bearer_token_in_one_header_counts() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            bearer(&headers)
        };
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer abc"]).as_deref(), Some("abc"));
        for none in [
            &["Basic abc"][..],
            &["abc"],
            &["Bearer "],
            &["Bearer a", "Bearer b"],
            &[],
        ] {
            assert_eq!(of(none), None);
        }
    }
}
