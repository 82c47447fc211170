//! What requests carry: data, read once from `requests.json` and `operator-requests.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requests {
    /// The file's own word about itself.
    #[serde(default, rename = "about")]
    _about: String,
    pub operations: BTreeMap<String, Carried>,
    pub examples: BTreeMap<String, Value>,
    pub schemas: BTreeMap<String, Value>,
    #[serde(default)]
    pub scopes: BTreeMap<String, String>,
    /// Parameters of paths and headers, beside those that are written out.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
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
    /// What the body names and may not be there.
    #[serde(default)]
    pub finds: Vec<String>,
    /// Whether Vipps is asked.
    #[serde(default)]
    pub asks_vipps: bool,
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
    /// What else it may be sent as, by media type.
    #[serde(default)]
    pub also: BTreeMap<String, Value>,
}

static PARTNER: LazyLock<Requests> = LazyLock::new(|| read(include_str!("../../requests.json")));
static OPERATOR: LazyLock<Requests> = LazyLock::new(|| read(include_str!("../../operator-requests.json")));

#[expect(
    clippy::expect_used,
    reason = "the files are part of the program, and a test reads them: it cannot fail in the field"
)]
fn read(text: &str) -> Requests {
    serde_json::from_str(text).expect("a file of requests is good")
}

/// Of `/v1`.
pub(super) fn partner() -> &'static Requests {
    &PARTNER
}

/// Of `/admin/v1`.
pub(super) fn operator() -> &'static Requests {
    &OPERATOR
}

impl Requests {
    /// What this operation carries.
    pub(super) fn carried(&self, operation_id: &str) -> Option<&Carried> {
        self.operations.get(operation_id)
    }
}
