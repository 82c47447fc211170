//! The document: written by the handlers, finished by one pass that knows the problem table.
//!
//! The handlers name their path, scope and success. What every operation has in common (problems, headers,
//! parameters of the path, the bodies that are Vipps') is added here from `problems.toml` and
//! `requests.json`, so that it cannot be forgotten at one of them.

mod answers;
mod classes;
mod inputs;
mod requests;
mod shared;

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::OpenApi;

use crate::v1;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nordbro",
        description = "The partner API of a gateway to Vipps MobilePay. One call per step of a payment, for any number of \
            sales units.\n\nRequest bodies of payments and receipts are Vipps' own and go on byte for byte; answers are the \
            gateway's. Money is in whole minor units, times are UTC, ids are prefixed.\n\nMoney moves once: each create, \
            capture, refund and cancel carries an `Idempotency-Key`, and asking again with the same key and the same body \
            gives the same answer. `202` means that the result is not known yet: ask again with the same key, or read the \
            operation.\n\nEvery answer that is not a success is a problem (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "Payments", description = "Create, read, search, and move money."),
        (name = "Receipts", description = "Order lines that the customer sees in the app."),
        (name = "Merchants", description = "Whom the partner acts for."),
        (name = "Sales units", description = "What the token may use, whose keys serve it, and how Vipps takes them."),
        (name = "Reports", description = "What happened, counted."),
    ),
    components(schemas(crate::problem::Document))
)]
struct Base;

/// Methods that may stand in a path item.
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

static DOCUMENT: LazyLock<Value> = LazyLock::new(make);

/// The whole document, as it is checked in.
pub fn document() -> &'static Value {
    &DOCUMENT
}

fn make() -> Value {
    let (_, described) = v1::routes().split_for_parts();
    let mut base = Base::openapi();
    base.merge(described);
    let mut document = serde_json::to_value(base).unwrap_or_default();
    shared::add(&mut document);
    for (path, operation) in operations_mut(&mut document) {
        let classes = classes::of(&path, operation);
        inputs::add(&path, operation);
        answers::add(&classes, operation);
    }
    document
}

/// The document as text, with a newline at its end.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(document()).unwrap_or_default();
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

fn operations_mut(document: &mut Value) -> Vec<(String, &mut Value)> {
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
                .map(move |(_, operation)| (path.clone(), operation))
        })
        .collect()
}

/// The one scope that an operation asks for.
pub(crate) fn scope(operation: &Value) -> Option<&str> {
    operation["security"][0]["partner"][0].as_str()
}

fn id(operation: &Value) -> &str {
    operation["operationId"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
