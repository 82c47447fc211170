//! The scope of an operation stands in the document, and nowhere else.

use std::collections::BTreeMap;
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

/// Which scope each operation asks for: by path, then by method. What is not in here lets nobody in.
#[derive(Debug, Clone)]
pub(crate) struct Scopes(Arc<BTreeMap<String, BTreeMap<String, Scope>>>);

impl Scopes {
    pub(crate) fn of(document: &Value) -> Self {
        let mut scopes: BTreeMap<String, BTreeMap<String, Scope>> = BTreeMap::new();
        for (path, method, operation) in openapi::operations(document) {
            let scope = openapi::scope(operation).and_then(|word| word.parse().ok());
            if let Some(scope) = scope {
                let of_path = scopes.entry(path.to_owned()).or_default();
                of_path.insert(method.to_uppercase(), scope);
            }
        }
        Self(Arc::new(scopes))
    }

    fn get(&self, path: &str, method: &Method) -> Option<Scope> {
        // axum answers HEAD with the handler of GET.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.0.get(path)?.get(method.as_str()).copied()
    }

    /// The methods that a path takes.
    fn allow(&self, path: &str) -> Option<HeaderValue> {
        let methods: Vec<_> = self.0.get(path)?.keys().map(String::as_str).collect();
        HeaderValue::from_str(&methods.join(", ")).ok()
    }
}

/// 403 before anything is looked up; 405 for whatever the document does not have.
pub(crate) async fn demand(State(scopes): State<Scopes>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let Some(scope) = scopes.get(route, request.method()) else {
        let allow: HeaderMap = scopes.allow(route).map(|it| (ALLOW, it)).into_iter().collect();
        return (allow, Problem::new(Code::METHOD_NOT_ALLOWED)).into_response();
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
