//! Where each published shape keeps its words. Names are compared without case: the Azure gateway has
//! answered with both `responseInfo` and `ResponseInfo`.

use domain::Rejected;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

pub(super) fn read(value: &Value) -> Rejected {
    match value {
        Value::Object(object) => from_object(object),
        Value::Array(items) => from_array(items),
        Value::String(text) => Rejected {
            detail: Some(text.clone()),
            ..Rejected::default()
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => Rejected::default(),
    }
}

fn from_object(object: &Object) -> Rejected {
    let mut code = text(object, "errorCode");
    let mut title = text(object, "title");
    let mut detail = text(object, "detail");
    let mut fields = Vec::new();

    // ePayment, Webhooks, Recurring: name and reason. Management: key and value. The domain's own number
    // is an entry like the others.
    for (name, reason) in pairs(object, "extraDetails") {
        if name.eq_ignore_ascii_case("ErrorCode") {
            code = code.or(Some(reason));
        } else {
            fields.push((name, reason));
        }
    }
    // Order Management.
    fields.extend(pairs(object, "invalidParams"));
    // Checkout: field to list of texts. Userinfo: a plain map.
    fields.extend(map_of_texts(object, "errors"));
    fields.extend(map_of_texts(object, "extraInfo"));

    // The Azure gateway.
    if let Some(info) = member(object, "responseInfo").and_then(Value::as_object) {
        title = title.or_else(|| text(info, "responseMessage"));
    }
    if let Some(result) = member(object, "result").and_then(Value::as_object) {
        detail = detail.or_else(|| text(result, "message"));
    }
    // OAuth 2.0 and Azure AD; also `{"error": {"code", "message"}}`.
    match member(object, "error") {
        Some(Value::Object(inner)) => {
            code = code.or_else(|| text(inner, "code"));
            detail = detail.or_else(|| text(inner, "message"));
        }
        Some(Value::String(error)) => code = code.or_else(|| Some(error.clone())),
        Some(_) | None => {}
    }
    detail = detail.or_else(|| text(object, "error_description"));
    // Older APIs.
    if let Some(info) = member(object, "errorInfo").and_then(Value::as_object) {
        code = code.or_else(|| text(info, "errorCode"));
        detail = detail.or_else(|| text(info, "errorMessage"));
    }
    code = code.or_else(|| text(object, "code"));
    detail = detail
        .or_else(|| text(object, "errorMessage"))
        .or_else(|| text(object, "message"));

    Rejected {
        code,
        title,
        detail,
        trace_id: text(object, "traceId")
            .or_else(|| text(object, "contextId"))
            .or_else(|| text(object, "trace_id"))
            .or_else(|| text(object, "correlation_id")),
        fields,
        ..Rejected::default()
    }
}

/// A list of texts, or of objects of any of the shapes above: the first code, all the details.
fn from_array(items: &[Value]) -> Rejected {
    let mut whole = Rejected::default();
    let mut details = Vec::new();
    for item in items {
        // Lists in lists are nobody's shape, and following them would let the sender choose the depth.
        if item.is_array() {
            continue;
        }
        let part = read(item);
        whole.code = whole.code.or(part.code);
        whole.title = whole.title.or(part.title);
        whole.trace_id = whole.trace_id.or(part.trace_id);
        whole.fields.extend(part.fields);
        details.extend(part.detail);
    }
    if !details.is_empty() {
        whole.detail = Some(details.join("; "));
    }
    whole
}

fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

fn text(object: &Object, name: &str) -> Option<String> {
    member(object, name).and_then(scalar)
}

/// A text, or a number where a text is documented and the other way round.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn pairs(object: &Object, name: &str) -> Vec<(String, String)> {
    let entries = member(object, name).and_then(Value::as_array);
    entries
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter_map(|entry| {
            let name = text(entry, "name").or_else(|| text(entry, "key"))?;
            let reason = text(entry, "reason").or_else(|| text(entry, "value"));
            Some((name, reason.unwrap_or_default()))
        })
        .collect()
}

fn map_of_texts(object: &Object, name: &str) -> Vec<(String, String)> {
    let entries = member(object, name).and_then(Value::as_object);
    let mut found = Vec::new();
    for (field, value) in entries.into_iter().flatten() {
        match value {
            Value::Array(reasons) => {
                found.extend(
                    reasons
                        .iter()
                        .filter_map(scalar)
                        .map(|reason| (field.clone(), reason)),
                );
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {
                found.extend(scalar(value).map(|reason| (field.clone(), reason)));
            }
            Value::Null | Value::Object(_) => {}
        }
    }
    found
}
