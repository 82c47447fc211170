//! What an operation asks of its caller stands in the document, and nowhere else.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use app::{Caller, Scope};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, HeaderValue};
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::openapi;
use crate::problem::{Code, Problem};

/// Which scope (or role) each operation asks for: by path, then by method. What is not in here lets nobody in.
#[derive(Debug, Clone)]
pub(crate) struct Needs<T>(Arc<BTreeMap<String, BTreeMap<String, T>>>);

impl<T: Copy + FromStr> Needs<T> {
    /// What the security scheme `scheme` asks for in a document.
    pub(crate) fn of(document: &Value, scheme: &str) -> Self {
        let mut needs: BTreeMap<String, BTreeMap<String, T>> = BTreeMap::new();
        for (path, method, operation) in openapi::operations(document) {
            let need = openapi::need(operation, scheme).and_then(|word| word.parse().ok());
            if let Some(need) = need {
                let of_path = needs.entry(path.to_owned()).or_default();
                of_path.insert(method.to_uppercase(), need);
            }
        }
        Self(Arc::new(needs))
    }

    /// What the operation of a routed request asks for.
    pub(crate) fn of_request(&self, request: &Request) -> Option<T> {
        // axum answers HEAD with the handler of GET.
        let method = if request.method() == Method::HEAD {
            &Method::GET
        } else {
            request.method()
        };
        self.0.get(route(request))?.get(method.as_str()).copied()
    }

    /// The methods that a path takes.
    fn allow(&self, path: &str) -> Option<HeaderValue> {
        let methods: Vec<_> = self.0.get(path)?.keys().map(String::as_str).collect();
        HeaderValue::from_str(&methods.join(", ")).ok()
    }
}

fn route(request: &Request) -> &str {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str)
}

/// 405 with the methods that there are.
pub(crate) fn unlisted<T: Copy + FromStr>(needs: &Needs<T>, request: &Request) -> Response {
    let allow = needs.allow(route(request)).map(|it| (ALLOW, it));
    let allow: HeaderMap = allow.into_iter().collect();
    (allow, Problem::new(Code::METHOD_NOT_ALLOWED)).into_response()
}

/// 403 before anything is looked up; 405 for whatever the document does not have.
pub(crate) async fn demand(State(scopes): State<Needs<Scope>>, request: Request, next: Next) -> Response {
    let Some(scope) = scopes.of_request(&request) else {
        return unlisted(&scopes, &request);
    };
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Problem::new(Code::INTERNAL).into_response();
    };
    if let Err(error) = caller.demand(scope) {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        return Problem::from(error).challenging(challenge).into_response();
    }
    next.run(request).await
}
