use std::collections::BTreeSet;

use serde_json::Value;

use super::requests::{Requests, operator as of_operators, partner as of_partners};
use super::*;
use crate::problem::table;
use crate::{admin, v1};

#[test]
fn the_document_in_the_repository_is_the_one_the_program_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/nordbro.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == text(),
        "openapi/nordbro.json is stale: cargo run -p nordbro-api --example generate"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/operator.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == operator_text(),
        "openapi/operator.json is stale: cargo run -p nordbro-api --example generate"
    );
}

#[test]
fn every_operation_has_an_id_a_tag_a_scope_a_summary_a_description_and_examples() {
    let document = document();
    let operations = operations(document);
    assert_eq!(operations.len(), 27);
    for (path, method, operation) in operations {
        let id = id(operation);
        assert!(!id.is_empty(), "{method} {path}");
        for member in ["summary", "description"] {
            assert!(
                operation[member].as_str().is_some_and(|it| it.len() > 3),
                "{id}: {member}"
            );
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id}");
        let scope = need(operation, "partner").unwrap();
        assert!(scope.parse::<app::Scope>().is_ok(), "{id}: {scope}");
        assert!(
            of_partners().scopes.contains_key(scope),
            "{id}: {scope} is not described"
        );
        assert!(
            of_partners().operations.contains_key(id),
            "{id} is not in requests.json"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = response["content"].as_object().unwrap();
            for media in content.values() {
                assert!(media["examples"].is_object(), "{id} {status} has no example");
            }
        }
        for status in ["401", "403", "429", "500", "503"] {
            assert!(operation["responses"][status].is_object(), "{id} {status}");
        }
    }
}

#[test]
fn every_word_under_on_is_a_class_or_an_operation_and_is_used() {
    let mut known = BTreeSet::new();
    for (path, method, operation) in operations(document()) {
        known.extend(classes::of_partner(path, method, operation));
    }
    for (path, method, operation) in operations(operator_document()) {
        known.extend(classes::of_operator(path, method, operation));
    }
    for entry in table().entries() {
        for word in &entry.on {
            assert!(
                known.contains(word),
                "{}: `{word}` is true of nothing",
                entry.code
            );
        }
    }
}

#[test]
fn a_success_is_said_by_its_handler_and_a_problem_by_nobody() {
    for described in [
        v1::routes().split_for_parts().1,
        admin::routes().split_for_parts().1,
    ] {
        let described = serde_json::to_value(described).unwrap();
        for (_, _, operation) in operations(&described) {
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(status.starts_with('2'), "{}: {status}", id(operation));
            }
        }
    }
}

/// Resolves the references that a schema of the document makes.
fn validator(document: &Value, schema: &str) -> jsonschema::Validator {
    let mut root = document["components"]["schemas"][schema].clone();
    root["components"] = document["components"].clone();
    jsonschema::validator_for(&root).unwrap()
}

fn examples_fit(document: &Value, requests: &Requests) {
    for carried in requests.operations.values() {
        let Some(body) = &carried.body else { continue };
        let schema = validator(document, &body.schema);
        for example in body.examples.as_object().unwrap().values() {
            assert!(schema.is_valid(&example["value"]), "{example}");
        }
    }
    for (_, _, operation) in operations(document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let media = &response["content"]["application/json"];
            let Some(named) = media["examples"].as_object() else {
                continue;
            };
            let mut root = media["schema"].clone();
            root["components"] = document["components"].clone();
            let schema = jsonschema::validator_for(&root).unwrap();
            for name in named.keys() {
                let example = &document["components"]["examples"][name]["value"];
                let faults: Vec<_> = schema.iter_errors(example).map(|it| it.to_string()).collect();
                assert_eq!(faults, [""; 0], "{} {status}", id(operation));
            }
        }
    }
}

#[test]
fn every_example_is_what_its_schema_says() {
    for (document, requests) in [(document(), of_partners()), (operator_document(), of_operators())] {
        let problem = validator(document, "Problem");
        for entry in table().entries() {
            let example = &document["components"]["examples"][&entry.code]["value"];
            assert!(
                example.is_null() || problem.is_valid(example),
                "{}: {:?}",
                entry.code,
                problem.validate(example).err()
            );
        }
        examples_fit(document, requests);
    }
}

#[test]
fn every_example_of_a_body_passes_the_rules_that_guard_it() {
    use domain::{CancelFacts, CaptureFacts, CreateFacts, ReceiptFacts, RefundFacts};

    use crate::forwarded::{Approve, check};
    for (id, carried) in &of_partners().operations {
        let Some(body) = &carried.body else { continue };
        for example in body.examples.as_object().unwrap().values() {
            let text = example["value"].to_string();
            let faults = match id.as_str() {
                "createPayment" => check::of::<CreateFacts>(&text).1,
                "capturePayment" => check::of::<CaptureFacts>(&text).1,
                "refundPayment" => check::of::<RefundFacts>(&text).1,
                "cancelPayment" => check::of::<CancelFacts>(&text).1,
                "approvePayment" => check::of::<Approve>(&text).1,
                "createProductOrder" => check::of::<domain::product_order::Facts>(&text).1,
                "putReceipt" => check::of::<ReceiptFacts>(&text).1,
                "createMerchant" => check::of::<app::onboarding::NewMerchant>(&text).1,
                "createSalesUnit" => check::of::<crate::asked::NewUnit>(&text).1,
                "putCredentials" => check::of::<app::onboarding::NewKeys>(&text).1,
                "putCredentialMode" => check::of::<crate::asked::NewMode>(&text).1,
                other => panic!("{other} has a body that nothing guards"),
            };
            assert_eq!(faults, [""; 0], "{id}: {text}");
        }
    }
}
