//! Problems, headers and examples of every answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::inputs::reference;
use super::paper::Paper;
use crate::problem::{Entry, table};

/// Finishes the successes and adds a problem answer for every status that the operation can have.
pub(super) fn add(paper: &Paper, classes: &BTreeSet<String>, operation: &mut Value) {
    let carried = paper.requests.carried(super::id(operation));
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        response["headers"] = headers(paper, status, carried.is_some_and(|it| it.key));
        if let Some(example) = carried.and_then(|it| it.answers.get(status)) {
            response["content"]["application/json"]["examples"] =
                json!({ example: reference("examples", example) });
        }
    }
    let mut by_status: BTreeMap<u16, Vec<&Entry>> = BTreeMap::new();
    for entry in table().entries() {
        if entry.on.iter().any(|class| classes.contains(class)) {
            by_status.entry(entry.status).or_default().push(entry);
        }
    }
    for (status, entries) in by_status {
        responses.insert(status.to_string(), problem(paper, status, &entries, classes));
    }
}

fn problem(paper: &Paper, status: u16, entries: &[&Entry], classes: &BTreeSet<String>) -> Value {
    let said: Vec<_> = entries
        .iter()
        .map(|entry| format!("- `{}`: {}", entry.code, entry.title))
        .collect();
    let examples: Map<String, Value> = entries
        .iter()
        .map(|entry| (entry.code.clone(), reference("examples", &entry.code)))
        .collect();
    json!({
        "description": said.join("\n"),
        "headers": headers(paper, &status.to_string(), classes.contains("keyed")),
        "content": { "application/problem+json": {
            "schema": reference("schemas", "Problem"),
            "examples": examples,
        }}
    })
}

/// The headers that an answer with this status has.
fn headers(paper: &Paper, status: &str, keyed: bool) -> Value {
    let mut named = vec!["Request-Id"];
    if paper.is_limited {
        named.extend(["RateLimit", "RateLimit-Policy"]);
    }
    if matches!(status, "429" | "503") {
        named.push("Retry-After");
    }
    if matches!(status, "401" | "403") {
        named.push("WWW-Authenticate");
    }
    if keyed && matches!(status, "200" | "201" | "400" | "409" | "422") {
        named.push("Idempotency-Replayed");
    }
    if status == "201" || keyed && status == "202" {
        named.push("Location");
    }
    named
        .into_iter()
        .map(|name| (name.to_owned(), reference("headers", name)))
        .collect::<Map<_, _>>()
        .into()
}
