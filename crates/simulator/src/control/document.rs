//! The OpenAPI document of the control API, made of the same table that serves it.

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::control::{Operation, ok, operations as all};

#[derive(OpenApi)]
#[openapi(components(schemas(
    super::time::Now,
    super::time::Advance,
    super::money::Scan,
    super::money::Scanned,
    super::partners::OrderState,
    super::partners::OrderStep,
    super::partners::OrderByHand,
    super::portal::Portal,
    super::portal::Connection,
    super::portal::Activity,
    super::portal::Regeneration,
    super::portal::Rotation,
    super::trouble::RuleInForce,
    super::trouble::Outage,
    super::trouble::SeenRequest,
    crate::seed::WorldSeed,
    crate::ledger::Effect,
    crate::webhooks::Registration,
    crate::webhooks::Attempt,
    crate::webhooks::Pending,
    crate::management::ProductOrder,
    crate::registry::parties::Features,
    crate::registry::keys::KeySet,
    crate::faults::Rule,
    crate::dials::Dials,
)))]
struct Schemas;

pub(super) fn operations() -> Vec<Operation> {
    vec![Operation {
        name: "control.document",
        method: Method::GET,
        path: "/control/v1/openapi.json",
        summary: "This document",
        request: "",
        answer: (200, ""),
        handler: |_, _| Box::pin(async move { ok(&document()) }),
    }]
}

pub(crate) fn document() -> Value {
    let mut document = serde_json::to_value(Schemas::openapi()).unwrap_or_default();
    document["info"] = json!({
        "title": "Simulator control",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Turns the clock, plays the customer, sets dials and faults, reads requests and the money ledger of one simulated world.",
    });
    let mut paths = Map::new();
    for operation in all() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described(&operation);
    }
    document["paths"] = Value::Object(paths);
    document
}

fn described(operation: &Operation) -> Value {
    let (status, schema) = operation.answer;
    let mut good = json!({ "description": operation.summary });
    if !schema.is_empty() {
        good["content"] = json!({ "application/json": { "schema": reference(schema) } });
    }
    let mut body = json!({
        "operationId": operation.name.trim_start_matches("control."),
        "summary": operation.summary,
        "responses": { status.to_string(): good, "default": { "description": "A problem with status and detail" } },
    });
    let parameters: Vec<_> = parameters(operation.path);
    if !parameters.is_empty() {
        body["parameters"] = parameters.into();
    }
    if !operation.request.is_empty() {
        let content = json!({ "application/json": { "schema": reference(operation.request) } });
        body["requestBody"] = json!({ "required": true, "content": content });
    }
    body
}

fn reference(schema: &str) -> Value {
    match schema.strip_prefix("[]") {
        Some(item) => json!({ "type": "array", "items": reference(item) }),
        None => json!({ "$ref": format!("#/components/schemas/{schema}") }),
    }
}

fn parameters(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_the_document_refers_to_is_in_it() {
        let document = document();
        let text = document.to_string();
        let known = document["components"]["schemas"].as_object().unwrap();
        for used in text.split("#/components/schemas/").skip(1) {
            let name = used.split('"').next().unwrap();
            assert!(known.contains_key(name), "{name} is not a component");
        }
        assert!(document["paths"]["/control/v1/faults/{name}"]["delete"].is_object());
    }
}
