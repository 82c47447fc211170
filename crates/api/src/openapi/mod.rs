//! The documents: written by the handlers, finished by one pass that knows the problem table.
//!
//! The handlers name their path, scope and success. What every operation has in common (problems, headers,
//! parameters of the path, the bodies that are Vipps') is added here from `problems.toml` and
//! `requests.json` (for operators: `operator-requests.json`), so that it cannot be forgotten at one of them.

mod answers;
mod classes;
mod inputs;
mod paper;
mod requests;
mod shared;

use std::sync::LazyLock;

use serde_json::Value;

use paper::Paper;

/// Methods that may stand in a path item.
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

static PARTNER: LazyLock<Value> = LazyLock::new(|| make(&paper::partner()));
static OPERATOR: LazyLock<Value> = LazyLock::new(|| make(&paper::operator()));

/// The whole document of `/v1`, as it is checked in.
pub fn document() -> &'static Value {
    &PARTNER
}

/// The whole document of `/admin/v1`, as it is checked in.
pub fn operator_document() -> &'static Value {
    &OPERATOR
}

fn make(paper: &Paper) -> Value {
    let mut document = (paper.base)();
    shared::add(paper.requests, &mut document);
    for (path, method, operation) in operations_mut(&mut document) {
        let classes = (paper.classes)(&path, &method, operation);
        inputs::add(paper, &path, &method, operation);
        answers::add(paper, &classes, operation);
    }
    shared::prune(&mut document);
    document
}

/// The document of `/v1` as text, with a newline at its end.
pub fn text() -> String {
    printed(document())
}

/// The document of `/admin/v1` as text, with a newline at its end.
pub fn operator_text() -> String {
    printed(operator_document())
}

fn printed(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Every operation: its path, its method, and itself.
pub(crate) fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let Some(paths) = document["paths"].as_object() else {
        return Vec::new();
    };
    paths
        .iter()
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                item.get(method)
                    .map(|operation| (path.as_str(), *method, operation))
            })
        })
        .collect()
}

fn operations_mut(document: &mut Value) -> Vec<(String, String, &mut Value)> {
    let Some(paths) = document["paths"].as_object_mut() else {
        return Vec::new();
    };
    paths
        .iter_mut()
        .flat_map(|(path, item)| {
            item.as_object_mut()
                .into_iter()
                .flatten()
                .filter(|(method, _)| METHODS.contains(&method.as_str()))
                .map(move |(method, operation)| (path.clone(), method.clone(), operation))
        })
        .collect()
}

/// The one word (a scope, a role) that an operation asks for under a security scheme.
pub(crate) fn need<'d>(operation: &'d Value, scheme: &str) -> Option<&'d str> {
    operation["security"][0][scheme][0].as_str()
}

fn id(operation: &Value) -> &str {
    operation["operationId"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod operator_tests;
#[cfg(test)]
mod tests;
