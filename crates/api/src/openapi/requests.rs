//! What requests carry: data, read once from `requests.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requests {
    pub operations: BTreeMap<String, Carried>,
    pub examples: BTreeMap<String, Value>,
    pub schemas: BTreeMap<String, Value>,
    pub scopes: BTreeMap<String, String>,
}

/// What one operation takes and gives.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Carried {
    /// Whether it is meant to happen once and needs an `Idempotency-Key`.
    #[serde(default)]
    pub key: bool,
    pub body: Option<Body>,
    #[serde(default)]
    pub query: Vec<Value>,
    /// Names of examples by status.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    pub required: bool,
    pub description: String,
    pub schema: String,
    pub examples: Value,
}

static REQUESTS: LazyLock<Requests> = LazyLock::new(read);

#[expect(
    clippy::expect_used,
    reason = "the file is part of the program, and a test reads it: it cannot fail in the field"
)]
fn read() -> Requests {
    serde_json::from_str(include_str!("../../requests.json")).expect("requests.json is good")
}

pub(super) fn requests() -> &'static Requests {
    &REQUESTS
}

/// What this operation carries.
pub(super) fn carried(operation_id: &str) -> Option<&'static Carried> {
    requests().operations.get(operation_id)
}
