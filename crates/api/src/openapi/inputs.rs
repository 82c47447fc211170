//! Parameters and bodies.

use serde_json::{Value, json};

use super::requests::carried;

/// Adds the names of the path, the headers, the query and the body.
pub(super) fn add(path: &str, operation: &mut Value) {
    let carried = carried(super::id(operation));
    let mut parameters = Vec::new();
    for name in ["msn", "merchantId", "reference", "operationId", "productOrderId"] {
        if path.contains(&format!("{{{name}}}")) {
            parameters.push(reference("parameters", name));
        }
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
        }
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
}

pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}
