use std::collections::BTreeSet;

use app::import::Format;
use serde_json::Value;

use super::requests::operator as requests;
use super::*;
use crate::admin::{Role, asked};
use crate::forwarded::check;

#[test]
fn every_operation_has_an_id_a_tag_a_role_a_summary_a_description_and_examples() {
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(operator_document()) {
        let id = id(operation);
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
        assert!(path.starts_with("/admin/v1/"), "{path}");
        for member in ["summary", "description"] {
            let said = operation[member].as_str();
            assert!(said.is_some_and(|it| it.len() > 3), "{id}: {member}");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id}");
        let role = need(operation, "operator").and_then(|role| role.parse::<Role>().ok());
        // Heads that were kept elsewhere come in a body.
        let only_looks = method == "get" || id == "verifyAudit";
        assert_eq!(role == Some(Role::Auditor), only_looks, "{id}: {role:?}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            for media in response["content"].as_object().into_iter().flatten() {
                assert!(media.1["examples"].is_object(), "{id} {status} has no example");
            }
            assert_eq!(response["content"].is_null(), status == "204", "{id} {status}");
        }
        for status in ["401", "403", "500", "501", "503"] {
            assert!(operation["responses"][status].is_object(), "{id} {status}");
        }
    }
    let written: BTreeSet<_> = requests().operations.keys().cloned().collect();
    assert_eq!(written, ids);
}

/// The schemas that a schema is made of, itself included.
fn within<'d>(document: &'d Value, schema: &'d Value, into: &mut Vec<&'d Value>) {
    if into.iter().any(|known| std::ptr::eq(*known, schema)) {
        return;
    }
    into.push(schema);
    let pointed = schema["$ref"].as_str().map(|at| at.trim_start_matches('#'));
    if let Some(pointed) = pointed.and_then(|at| document.pointer(at)) {
        within(document, pointed, into);
    }
    match schema {
        Value::Object(members) => members.values().for_each(|it| within(document, it, into)),
        Value::Array(items) => items.iter().for_each(|it| within(document, it, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_answer_has_a_place_for_a_secret() {
    let document = operator_document();
    let secret = ["secret", "password", "subscriptionkey", "privatekey", "token"];
    // What it lives, not what it is.
    let harmless = ["tokenLifetime"];
    let mut names = BTreeSet::new();
    for (_, _, operation) in operations(document) {
        for response in operation["responses"].as_object().unwrap().values() {
            for media in response["content"].as_object().into_iter().flatten() {
                let mut schemas = Vec::new();
                within(document, &media.1["schema"], &mut schemas);
                let members = schemas.iter().filter_map(|it| it["properties"].as_object());
                names.extend(members.flat_map(|it| it.keys().cloned()));
            }
        }
    }
    assert!(
        names.contains("createdAt") && names.contains("requestId"),
        "{names:?}"
    );
    for name in names.iter().filter(|name| !harmless.contains(&name.as_str())) {
        let word = name.to_lowercase();
        assert!(!secret.iter().any(|it| word.contains(it)), "{name}");
    }
}

/// What is wrong with the rows of a file.
fn imported(text: &str, format: Format) -> Vec<String> {
    let lines = app::import::parse(text, format).unwrap();
    let faults = lines.into_iter().filter_map(|line| line.row.err()).flatten();
    faults
        .map(|fault| format!("{}: {}", fault.field, fault.rule))
        .collect()
}

#[test]
fn every_example_of_a_body_passes_the_rules_that_guard_it() {
    for (id, carried) in &requests().operations {
        let Some(body) = &carried.body else { continue };
        for example in body.examples.as_object().unwrap().values() {
            let text = example["value"].to_string();
            let faults = match id.as_str() {
                "addPartner" => check::of::<asked::NewPartner>(&text).1,
                "setPartner" => check::of::<asked::PartnerChanges>(&text).1,
                "putRetention" => check::of::<asked::NewDays>(&text).1,
                "addIssuer" => check::of::<asked::NewIssuer>(&text).1,
                "setIssuer" => check::of::<asked::IssuerChanges>(&text).1,
                "addClient" => check::of::<asked::NewClient>(&text).1,
                "setClient" => check::of::<asked::ClientChanges>(&text).1,
                "addClientSecret" => check::of::<asked::NewSecret>(&text).1,
                "retireClientSecrets" => check::of::<asked::Retirement>(&text).1,
                "addProfile" => check::of::<asked::NewProfile>(&text).1,
                "putProfile" => check::of::<asked::NewProduct>(&text).1,
                "addMerchant" => check::of::<asked::NewMerchant>(&text).1,
                "renameMerchant" => check::of::<asked::NewName>(&text).1,
                "addSalesUnit" => check::of::<asked::NewUnit>(&text).1,
                "setSalesUnit" => check::of::<asked::UnitChanges>(&text).1,
                "verifySalesUnit" | "abandonOperation" | "forceTransfer" | "refuseTransfer" => {
                    check::of::<asked::Because>(&text).1
                }
                "addKeySet" => check::of::<asked::NewKeySet>(&text).1,
                "revokeOperatorToken" => check::of::<asked::NewOperatorRevocation>(&text).1,
                "revokeToken" => check::of::<asked::NewRevocation>(&text).1,
                "eraseCustomer" => check::of::<asked::Customer>(&text).1,
                "verifyAudit" => check::of::<asked::Verification>(&text).1,
                "importSalesUnits" => imported(&text, Format::Json),
                other => panic!("{other} has a body that nothing guards"),
            };
            assert_eq!(faults, [""; 0], "{id}: {text}");
        }
        for (kind, media) in &body.also {
            let format = if kind == "text/csv" {
                Format::Csv
            } else {
                Format::Json
            };
            for example in media["examples"].as_object().unwrap().values() {
                let faults = imported(example["value"].as_str().unwrap(), format);
                assert_eq!(faults, [""; 0], "{id}: {kind}");
            }
        }
    }
}
