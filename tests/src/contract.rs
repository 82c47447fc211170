//! The published documents of the APIs, held against every answer that any test receives.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Answer;

/// One operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With its parameters in braces.
    pub path: String,
    /// The scope that it asks for; an operators' one asks for a role.
    pub scope: String,
}

struct Document {
    operations: Vec<Operation>,
    /// By operation, status and content type.
    bodies: BTreeMap<(String, u16, String), Option<Validator>>,
    /// The headers that an operation promises with a status.
    promised: BTreeMap<(String, u16), Vec<String>>,
}

/// The file that partners generate their clients from.
pub const TEXT: &str = include_str!("../../openapi/nordbro.json");

const OPERATORS: &str = include_str!("../../openapi/operator.json");

fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::read(&serde_json::from_str(TEXT).unwrap(), "partner"))
}

fn operators_document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::read(&serde_json::from_str(OPERATORS).unwrap(), "operator"))
}

/// All operations, in the document's order.
pub fn operations() -> &'static [Operation] {
    &document().operations
}

/// All operations of the operators' API.
pub fn operators_operations() -> &'static [Operation] {
    &operators_document().operations
}

/// Fails unless the document foresees this answer: its status, its content type, its body and its headers.
/// Paths that the document does not have answer for themselves.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let document = if path.starts_with("/admin/") {
        operators_document()
    } else {
        document()
    };
    let Some(operation) = document
        .operations
        .iter()
        .find(|it| it.method == *method && fits(&it.path, path))
    else {
        return;
    };
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let place = (operation.id.clone(), answer.status, kind.to_owned());
    let Some(schema) = document.bodies.get(&place) else {
        panic!("the document has no {place:?}\n{answer}");
    };
    if let Some(schema) = schema {
        let faults: Vec<_> = schema
            .iter_errors(&answer.json())
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{place:?}\n{answer}");
    }
    for name in &document.promised[&(operation.id.clone(), answer.status)] {
        // Some promises are made for a case: a replayed answer, one with an address, one that may be repeated.
        let conditional = ["idempotency-replayed", "location", "retry-after"].contains(&name.as_str());
        let told = answer.header(name);
        let is_limit = name.starts_with("ratelimit");
        if is_limit && answer.status == 401 {
            // Before the caller is believed no limit but that of its address has been asked, and a test that speaks to
            // the router has none.
            let is_of_address = |told: &str| told.starts_with("\"address\"") && !told.contains(',');
            assert!(
                told.is_none_or(is_of_address),
                "the header {name} tells of a limit that was not asked\n{answer}"
            );
            continue;
        }
        // Nobody is believed while the registry cannot be read.
        let is_blind = is_limit && answer.status == 503 && answer.code() == "unavailable";
        assert!(
            conditional || is_blind || told.is_some(),
            "the header {name} is promised\n{answer}"
        );
    }
    if matches!(answer.status, 429 | 503) {
        assert!(answer.headers.contains_key("retry-after"), "{answer}");
    }
}

/// Whether a path is of this template.
pub fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (wanted, given) = (template.split('/'), path.split('/'));
    wanted.clone().count() == given.clone().count()
        && wanted
            .zip(given)
            .all(|(wanted, given)| wanted.starts_with('{') && !given.is_empty() || wanted == given)
}

impl Document {
    fn read(whole: &Value, scheme: &str) -> Self {
        let mut read = Self {
            operations: Vec::new(),
            bodies: BTreeMap::new(),
            promised: BTreeMap::new(),
        };
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let Some(id) = operation["operationId"].as_str() else {
                    continue;
                };
                read.operations.push(Operation {
                    id: id.to_owned(),
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    scope: need(operation, scheme),
                });
                for (status, response) in operation["responses"].as_object().unwrap() {
                    read.response(whole, id, status.parse().unwrap(), resolved(whole, response));
                }
            }
        }
        read
    }

    fn response(&mut self, whole: &Value, id: &str, status: u16, response: &Value) {
        let names = response["headers"].as_object().into_iter().flatten();
        let names = names.map(|(name, _)| name.to_lowercase()).collect();
        self.promised.insert((id.to_owned(), status), names);
        let kinds = response["content"].as_object();
        if kinds.is_none() {
            self.bodies.insert((id.to_owned(), status, String::new()), None);
        }
        for (kind, content) in kinds.into_iter().flatten() {
            let mut schema = content["schema"].clone();
            schema["components"] = json!({"schemas": whole["components"]["schemas"]});
            let validator = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .build(&schema)
                .unwrap();
            let place = (id.to_owned(), status, kind.clone());
            self.bodies.insert(place, Some(validator));
        }
    }
}

fn resolved<'a>(whole: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => whole.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// The one word that an operation asks for under a security scheme.
fn need(operation: &Value, scheme: &str) -> String {
    let words = &operation["security"][0][scheme];
    assert_eq!(words.as_array().map(Vec::len), Some(1), "{operation:#}");
    words[0].as_str().unwrap().to_owned()
}
