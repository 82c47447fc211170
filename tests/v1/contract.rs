//! Whether an answer is one that the document promises.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use http::{HeaderMap, StatusCode};
use jsonschema::Validator;
use serde_json::Value;

static DOCUMENT: LazyLock<&Value> = LazyLock::new(api::document);
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// The path of the document that a path of a request belongs to.
fn template(path: &str) -> Option<&'static str> {
    let asked: Vec<_> = path.split('/').collect();
    let fits = |template: &&String| {
        let steps: Vec<_> = template.split('/').collect();
        steps.len() == asked.len()
            && steps
                .iter()
                .zip(&asked)
                .all(|(step, asked)| step.starts_with('{') || step == asked)
    };
    DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .keys()
        .find(fits)
        .map(String::as_str)
}

fn validator(schema: &Value) -> &'static Validator {
    let name = schema["$ref"].as_str().unwrap().to_owned();
    VALIDATORS.lock().unwrap().entry(name.clone()).or_insert_with(|| {
        let mut root = DOCUMENT["components"]["schemas"][name.rsplit('/').next().unwrap()].clone();
        root["components"] = DOCUMENT["components"].clone();
        Box::leak(Box::new(jsonschema::validator_for(&root).unwrap()))
    })
}

/// Fails unless the document has this answer: its status, its headers, its body.
pub(crate) fn holds(method: &str, path: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    assert!(
        headers.contains_key("request-id"),
        "{method} {path}: no Request-Id"
    );
    let Some(template) = template(path) else { return };
    let operation = &DOCUMENT["paths"][template][method.to_lowercase()];
    if operation.is_null() {
        return;
    }
    let text = String::from_utf8_lossy(body);
    let promised = &operation["responses"][status.as_str()];
    assert!(
        promised.is_object(),
        "{method} {template} never says {status}: {text}"
    );
    let kind = headers["content-type"].to_str().unwrap();
    let media = &promised["content"][kind];
    assert!(
        media.is_object(),
        "{method} {template} {status} never says {kind}: {text}"
    );
    let value: Value = serde_json::from_slice(body).unwrap();
    let faults: Vec<_> = validator(&media["schema"])
        .iter_errors(&value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(
        faults.is_empty(),
        "{method} {template} {status}: {faults:?}\n{text}"
    );
    for name in promised["headers"].as_object().unwrap().keys() {
        let sometimes = matches!(name.as_str(), "Idempotency-Replayed");
        // Before anybody is believed no limit of a partner has been met, and none is told of.
        let unmet = name.starts_with("RateLimit") && status == StatusCode::UNAUTHORIZED;
        assert!(
            sometimes || headers.contains_key(name.as_str()) != unmet,
            "{method} {template} {status}: {name} is there or lacking"
        );
    }
    if kind == "application/problem+json" {
        let code = value["code"].as_str().unwrap();
        assert!(
            media["examples"].get(code).is_some(),
            "{method} {template} {status} never says {code}"
        );
        assert_eq!(value["status"], status.as_u16());
    }
}
