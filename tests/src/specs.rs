//! Vipps' published specifications, held against requests as the simulator saw them.
//!
//! `NORDBRO_VIPPS_SPECS` names the directory; without it the one beside the checkout is taken.

use std::path::PathBuf;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use simulator::Seen;

/// Where requests differ from the text on purpose: place in the body, and why the text is wrong.
const DRIFT: [(&str, &str); 1] = [(
    "/customer",
    "oneOf of three schemas without required members: any customer fits all three",
)];

/// Parameters that are asked for on purpose and stand in no document: path, name, and where they are told of.
const UNWRITTEN: [(&str, &str, &str); 1] = [(
    "/management/v2/product-orders",
    "includeExpired",
    "Vipps' agent toolkit, product orders, 2026-09: without it what has expired is left out",
)];

/// One published document.
pub struct Spec {
    pub name: &'static str,
    document: Value,
    /// What stands before its paths.
    base: &'static str,
}

/// The documents of the APIs that the gateway calls; `None`, said aloud, when they are not at hand.
#[expect(clippy::print_stderr, reason = "a check that did not happen says so")]
pub fn all() -> Option<Vec<Spec>> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
    let named = std::env::var("NORDBRO_VIPPS_SPECS");
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vipps");
    let folder = named
        .map_or_else(|_| PathBuf::from(beside), PathBuf::from)
        .join("openapi");
    if !folder.is_dir() {
        eprintln!(
            "NOT CHECKED: Vipps' specifications are not in {}; set NORDBRO_VIPPS_SPECS",
            folder.display()
        );
        return None;
    }
    let read = |name: &'static str, base| {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let mut document = serde_saphyr::from_str(&text).unwrap();
        convert(&mut document);
        Spec { name, document, base }
    };
    Some(vec![
        read("access-token", ""),
        read("epayment", "/epayment"),
        read("order-management", "/order-management"),
        read("webhooks", "/webhooks"),
        read("management", ""),
    ])
}

/// OpenAPI 3.0 to JSON Schema: `nullable` becomes the type `null`, what no validator knows goes.
fn convert(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for name in ["example", "x-examples", "discriminator"] {
                object.remove(name);
            }
            if object.get("format").is_some_and(Value::is_string) {
                object.remove("format");
            }
            if object.remove("nullable") == Some(Value::Bool(true)) {
                if let Some(kind) = object.get("type").cloned() {
                    object.insert("type".to_owned(), json!([kind, "null"]));
                }
                if let Some(Value::Array(members)) = object.get_mut("enum") {
                    members.push(Value::Null);
                }
            }
            object.values_mut().for_each(convert);
        }
        Value::Array(items) => items.iter_mut().for_each(convert),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Spec {
    /// What is wrong with a request by this document; `None` when the path is another document's.
    pub fn faults(&self, seen: &Seen) -> Option<Vec<String>> {
        let path = seen.path.strip_prefix(self.base)?;
        let (template, item) = self.document["paths"]
            .as_object()?
            .iter()
            .find(|(template, _)| fits(template, path))?;
        let operation = &item[seen.method.to_lowercase()];
        if operation.is_null() {
            return Some(vec![format!("{} is not a method of {template}", seen.method)]);
        }
        let mut faults = Vec::new();
        let query = seen.query.as_deref().unwrap_or_default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            let lists = [&item["parameters"], &operation["parameters"]];
            let mut known = lists.into_iter().filter_map(Value::as_array).flatten();
            let is_known = known.any(|it| {
                let it = self.resolved(it);
                it["in"] == "query" && it["name"] == name
            });
            if !is_known && !UNWRITTEN.iter().any(|(of, it, _)| (*of, *it) == (template, name)) {
                faults.push(format!("{name} is not a parameter of {template}"));
            }
        }
        for list in [&item["parameters"], &operation["parameters"]] {
            for parameter in list.as_array().into_iter().flatten() {
                self.parameter(self.resolved(parameter), template, path, seen, &mut faults);
            }
        }
        let body = self.resolved(&operation["requestBody"]);
        let content = &body["content"]["application/json"]["schema"];
        if content.is_null() {
            if !seen.body.is_empty() {
                faults.push("a body where none is foreseen".to_owned());
            }
        } else {
            self.body(content, seen, &mut faults);
        }
        Some(faults)
    }

    fn parameter(&self, it: &Value, template: &str, path: &str, seen: &Seen, faults: &mut Vec<String>) {
        let name = it["name"].as_str().unwrap_or_default();
        let given = match it["in"].as_str() {
            Some("header") => seen.header(name).map(ToOwned::to_owned),
            Some("path") => template
                .split('/')
                .zip(path.split('/'))
                .find(|(part, _)| *part == format!("{{{name}}}"))
                .map(|(_, value)| value.to_owned()),
            _ => None,
        };
        match given {
            None if it["required"] == true => faults.push(format!("{name} is required")),
            None => {}
            // The guides and every client write the type of a payment in lower case.
            Some(value) if name == "paymentType" && value == "ecom" => {}
            Some(value) => {
                let schema = self.validator(&it["schema"]);
                faults.extend(
                    schema
                        .iter_errors(&Value::String(value))
                        .map(|fault| format!("{name}: {fault}")),
                );
            }
        }
    }

    fn body(&self, schema: &Value, seen: &Seen, faults: &mut Vec<String>) {
        let content_type = seen.header("content-type").unwrap_or_default();
        if !content_type.starts_with("application/json") {
            faults.push(format!("the content type is {content_type:?}"));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&seen.body) else {
            faults.push("the body is no JSON".to_owned());
            return;
        };
        let validator = self.validator(schema);
        let wrong = validator
            .iter_errors(&body)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .filter(|fault| !DRIFT.iter().any(|(place, _)| fault.starts_with(place)));
        faults.extend(wrong);
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut whole = schema.clone();
        whole["components"] = self.document["components"].clone();
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .build(&whole)
            .unwrap()
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    template.split('/').count() == path.split('/').count()
        && template
            .split('/')
            .zip(path.split('/'))
            .all(|(part, given)| part.starts_with('{') && !given.is_empty() || part == given)
}
