//! The control API: everything the library can do, over HTTP, under `/control/v1` of each world's
//! port. It has no keys: the simulator is for loopback. Its requests meet no faults and are not in
//! the ring.

mod document;
mod money;
mod partners;
mod portal;
mod time;
mod trouble;

use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::route::{Handler, Route};

/// One operation of the control API, as it is served and as it is documented.
pub(crate) struct Operation {
    /// Unique in the crate, as a route's.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    /// The schema of the request body, by name; empty for none.
    pub(crate) request: &'static str,
    /// The status of a good answer and its schema; empty for none, `[]` before a name for a list.
    pub(crate) answer: (u16, &'static str),
    pub(crate) handler: Handler,
}

pub(crate) fn operations() -> Vec<Operation> {
    [
        time::operations(),
        money::operations(),
        partners::operations(),
        portal::operations(),
        trouble::operations(),
        document::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(crate) fn routes() -> Vec<Route> {
    let route = |it: Operation| Route {
        operation: it.name,
        method: it.method,
        path: it.path,
        handler: it.handler,
    };
    operations().into_iter().map(route).collect()
}

fn ok(body: &impl Serialize) -> Answer {
    Answer::json(StatusCode::OK, body)
}

fn done() -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
}

fn failed(status: StatusCode, detail: &str) -> Answer {
    let body = json!({ "status": status.as_u16(), "detail": detail });
    Answer::typed(status, "application/problem+json", &body)
}

fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Answer> {
    serde_json::from_slice(&call.body).map_err(|error| failed(StatusCode::BAD_REQUEST, &error.to_string()))
}

fn query(call: &Call, name: &str) -> Option<String> {
    let query = call.query.as_deref().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(it, _)| it == name)
        .map(|(_, value)| value.into_owned())
}

/// Either way it is an answer.
fn either(result: Result<Answer, Answer>) -> Answer {
    result.unwrap_or_else(|answer| answer)
}
