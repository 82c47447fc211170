//! What Vipps' refusal adds to a problem.

use domain::{Rejected, Violation};
use serde::Serialize;
use utoipa::ToSchema;

use super::Entry;

/// What Vipps said, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = VippsAnswer)]
pub struct Vipps {
    /// The HTTP status that Vipps used.
    #[schema(example = 400)]
    pub status: u16,
    /// Vipps' own error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "6080")]
    pub code: Option<String>,
    /// Vipps' trace id: give it to Vipps in a support case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<&Rejected> for Vipps {
    fn from(rejected: &Rejected) -> Self {
        Self {
            status: rejected.status,
            code: rejected.code.clone(),
            trace_id: rejected.trace_id.clone(),
            title: rejected.title.clone(),
            detail: rejected.detail.clone(),
        }
    }
}

/// The values that Vipps names, or else the one that is meant by the row.
pub(crate) fn violations(entry: &Entry, rejected: &Rejected) -> Vec<Violation> {
    let named: Vec<_> = rejected
        .fields
        .iter()
        .filter_map(|field| named(entry, field))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let meant = entry.field.iter();
    meant
        .map(|field| Violation::new(field.clone(), "vipps", entry.remedy.clone()))
        .collect()
}

/// Vipps may name a value and no reason, or say what is wrong and not with what.
fn named(entry: &Entry, (name, reason): &(String, String)) -> Option<Violation> {
    let (field, message) = match (name.as_str(), reason.as_str()) {
        ("", "") => return None,
        ("", reason) => ("body", reason),
        (name, "") => (name, entry.remedy.as_str()),
        (name, reason) => (name, reason),
    };
    Some(Violation::new(field, "vipps", message))
}
