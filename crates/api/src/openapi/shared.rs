//! What stands once in a document and is pointed at: schemas, parameters, headers, examples, security.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::requests::{self, Requests};
use crate::problem::{self, Addressee};

/// Adds what both documents have.
pub(super) fn add(requests: &Requests, document: &mut Value) {
    let components = &mut document["components"];
    for (name, schema) in &requests.schemas {
        components["schemas"][name] = schema.clone();
    }
    components["headers"] = headers();
    components["examples"] = examples(requests);
    for (name, parameter) in &requests.parameters {
        components["parameters"][name] = parameter.clone();
    }
}

/// Takes out what nothing points at.
pub(super) fn prune(document: &mut Value) {
    let mut pointed = BTreeSet::new();
    references(document, &mut pointed);
    for kind in ["parameters", "headers", "examples"] {
        if let Some(all) = document["components"][kind].as_object_mut() {
            all.retain(|name, _| pointed.contains(&format!("#/components/{kind}/{name}")));
        }
    }
}

fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            into.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What only operators' document has.
pub(super) fn operator(document: &mut Value) {
    document["servers"] = json!([{
        "url": "{gateway}",
        "description": "A gateway's private listener",
        "variables": { "gateway": {
            "default": "http://127.0.0.1:8081",
            "description": "Where the private listener is (`private.listen`)."
        }}
    }]);
    document["components"]["securitySchemes"] = json!({ "operator": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "A JWT of the operators' own issuer (`operators.issuer`, `operators.audience`). Its claim \
            `nordbro_role` is `auditor`, `support` or `owner`, or a list of these: what stands beside an operation is the \
            least role that may do it."
    }});
}

/// What only partners' document has.
pub(super) fn partner(document: &mut Value) {
    document["servers"] = json!([{
        "url": "{gateway}",
        "description": "A gateway",
        "variables": { "gateway": {
            "default": "http://127.0.0.1:8080",
            "description": "Where the gateway is: this is where `nordbro demo` puts it."
        }}
    }]);
    let components = &mut document["components"];
    components["parameters"] = parameters();
    components["securitySchemes"] = json!({ "partner": {
        "type": "oauth2",
        "description": "A JWT of an issuer that the operator has registered for the partner, or of the gateway's own \
            token endpoint. Sent as `Authorization: Bearer <token>`. It acts in one environment; `msns` may narrow it.",
        "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": requests::partner().scopes } }
    }});
}

fn parameters() -> Value {
    json!({
        "msn": {
            "name": "msn", "in": "path", "required": true,
            "description": "The sales unit's merchant serial number.",
            "schema": { "type": "string", "pattern": "^[0-9]{4,10}$" }, "example": "123456"
        },
        "merchantId": {
            "name": "merchantId", "in": "path", "required": true,
            "description": "The merchant's id.",
            "schema": { "type": "string", "pattern": "^mer_[0-9a-f]{32}$" },
            "example": "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7"
        },
        "reference": {
            "name": "reference", "in": "path", "required": true,
            "description": "The payment's reference, case-sensitive.",
            "schema": { "$ref": "#/components/schemas/Reference" }, "example": "acme-shop-123-1"
        },
        "operationId": {
            "name": "operationId", "in": "path", "required": true,
            "description": "The operation's id.",
            "schema": { "type": "string", "pattern": "^op_[0-9a-f]{32}$" },
            "example": "op_0190a1b2c3d47e5f8091a2b3c4d5e6f7"
        },
        "productOrderId": {
            "name": "productOrderId", "in": "path", "required": true,
            "description": "The product order's id.",
            "schema": { "type": "string", "pattern": "^por_[0-9a-f]{32}$" },
            "example": "por_0190a1b2c3d47e5f8091a2b3c4d5e6f7"
        },
        "merchantSerialNumber": {
            "name": "Merchant-Serial-Number", "in": "header", "required": false,
            "description": "May confirm the sales unit of the path. Another one is refused.",
            "schema": { "type": "string", "pattern": "^[0-9]{4,10}$" }, "example": "123456"
        },
        "idempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "One key for each operation that is meant to happen once: 1 to 255 printable ASCII characters, \
                taken verbatim, unique at the sales unit (of a product order: with the partner) and kept for at least 400 days. The same key with the same body \
                gives the same answer; with another it is refused.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]{1,255}$" },
            "example": "order-123-capture-1"
        },
        "prefer": {
            "name": "Prefer", "in": "header", "required": false,
            "description": "`wait=N`: wait at most N seconds (up to 60) for the result, then answer `202`. Without it: 15.",
            "schema": { "type": "string" }, "example": "wait=5"
        }
    })
}

fn headers() -> Value {
    let header = |description: &str, schema: Value, example: &str| json!({ "description": description, "schema": schema, "example": example });
    let text = json!({ "type": "string" });
    json!({
        "Request-Id": header("This request's id. Give it to the operator.", text.clone(),
            "req_0190a1b2c3d47e5f8091a2b3c4d5e6f7"),
        "RateLimit": header("Where the caller stands with each limit: `r` more now, `t` seconds until all are back.",
            text.clone(), "\"partner\";r=999;t=1"),
        "RateLimit-Policy": header("The limits: `q` requests in `w` seconds.", text.clone(), "\"partner\";q=1000;w=2"),
        "Retry-After": {
            "description": "Seconds to wait before the request is sent again.",
            "schema": { "type": "integer", "minimum": 1 }, "example": 1
        },
        "WWW-Authenticate": header("What was wrong with the token (RFC 6750).", text.clone(),
            "Bearer error=\"invalid_token\""),
        "Idempotency-Replayed": header("The stored answer of an earlier request with the same key.",
            json!({ "type": "string", "const": "true" }), "true"),
        "Location": header("Where the new payment, merchant, sales unit or product order, or the operation, is read.", text,
            "/v1/sales-units/123456/payments/acme-shop-123-1"),
    })
}

/// The examples of successes, and one of each problem.
fn examples(requests: &Requests) -> Value {
    let mut all: Map<String, Value> = requests
        .examples
        .iter()
        .map(|(name, example)| (name.clone(), example.clone()))
        .collect();
    let to = Addressee {
        request_id: "req_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
        public_url: "https://gateway.example",
    };
    for (code, title, body) in problem::examples(&to) {
        all.insert(code, json!({ "summary": title, "value": body }));
    }
    all.into()
}
