//! Parameters and bodies.

use serde_json::{Value, json};

use super::paper::Paper;

/// Adds the names of the path, the headers, the query and the body.
pub(super) fn add(paper: &Paper, path: &str, method: &str, operation: &mut Value) {
    let carried = paper.requests.carried(super::id(operation));
    let mut parameters: Vec<_> = names(path).map(|name| reference("parameters", name)).collect();
    if method != "get" && paper.requests.parameters.contains_key("auditReason") {
        parameters.push(reference("parameters", "auditReason"));
    }
    if path.contains("{msn}") {
        parameters.push(reference("parameters", "merchantSerialNumber"));
    }
    if let Some(carried) = carried {
        if carried.key {
            parameters.push(reference("parameters", "idempotencyKey"));
            parameters.push(reference("parameters", "prefer"));
        }
        for parameter in &carried.query {
            let mut parameter = parameter.clone();
            parameter["in"] = json!("query");
            parameters.push(parameter);
        }
        if let Some(body) = &carried.body {
            operation["requestBody"] = json!({
                "description": body.description,
                "required": body.required,
                "content": { "application/json": {
                    "schema": reference("schemas", &body.schema),
                    "examples": body.examples,
                }}
            });
            for (kind, media) in &body.also {
                operation["requestBody"]["content"][kind] = media.clone();
            }
        }
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
}

/// The names in braces.
pub(super) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}
