//! The audit on the wire.

use app::audit::{self, Entry, Report};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::wire::Moment;

/// One act, for people: what was before and after as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    /// A partner's id, or `gateway`.
    #[schema(example = "gateway")]
    chain: String,
    /// 1, 2, 3, … in its chain.
    #[schema(example = 7)]
    sequence: i64,
    id: String,
    at: Moment,
    /// Null: of both environments.
    #[schema(required = true)]
    environment: Option<&'static str>,
    #[schema(example = "kari (https://login.example.com)")]
    actor: String,
    /// `cli`, `operator-api`, `partner-api` or `gateway`.
    #[schema(example = "operator-api")]
    executor: String,
    #[schema(example = "partner.set")]
    action: String,
    /// The id of what it was done to.
    #[schema(example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7")]
    target: String,
    /// Empty: none was given.
    reason: String,
    /// What there was to tell of it before, without secrets.
    #[schema(required = true, value_type = Option<Object>)]
    before: Value,
    /// And after.
    #[schema(required = true, value_type = Option<Object>)]
    after: Value,
    /// SHA-256 of the entry and of the hash before it.
    hash: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let told = |text: &str| {
            let told: Value = serde_json::from_str(text).unwrap_or_default();
            if told.is_object() { told } else { Value::Null }
        };
        Self {
            chain: audit::name_of(entry.chain),
            sequence: entry.sequence,
            id: entry.id.simple().to_string(),
            at: entry.at.into(),
            environment: entry.environment.map(domain::Environment::as_str),
            before: told(&entry.before),
            after: told(&entry.after),
            actor: entry.actor,
            executor: entry.executor,
            action: entry.action,
            target: entry.target,
            reason: entry.reason,
            hash: entry.hash,
        }
    }
}

/// One act, for machines: everything that its hash is of, as the very text and number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditLine {
    #[schema(example = "gateway")]
    chain: String,
    #[schema(example = 7)]
    sequence: i64,
    id: String,
    at: Moment,
    /// Microseconds since 1970.
    at_micros: i64,
    #[schema(required = true)]
    environment: Option<&'static str>,
    actor: String,
    executor: String,
    #[schema(example = "partner.set")]
    action: String,
    target: String,
    reason: String,
    /// JSON, as text.
    before: String,
    /// JSON, as text.
    after: String,
    hash: String,
    /// The hash, sealed with the key file.
    seal: String,
}

impl From<Entry> for AuditLine {
    fn from(entry: Entry) -> Self {
        Self {
            chain: audit::name_of(entry.chain),
            sequence: entry.sequence,
            id: entry.id.simple().to_string(),
            at: entry.at.into(),
            at_micros: audit::micros(entry.at),
            environment: entry.environment.map(domain::Environment::as_str),
            actor: entry.actor,
            executor: entry.executor,
            action: entry.action,
            target: entry.target,
            reason: entry.reason,
            before: entry.before,
            after: entry.after,
            hash: entry.hash,
            seal: entry.seal,
        }
    }
}

/// One chain of acts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditChain {
    /// A partner's id, or `gateway`.
    #[schema(example = "gateway")]
    chain: String,
}

impl From<audit::Chain> for AuditChain {
    fn from(chain: audit::Chain) -> Self {
        Self {
            chain: audit::name_of(chain),
        }
    }
}

/// What a walk over the chains found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditReport {
    /// Whether everything is as it was written.
    whole: bool,
    /// Entries of all whole chains.
    entries: u64,
    /// Where each whole chain ends: keep these elsewhere, and send them along the next time.
    heads: Vec<AuditHead>,
    /// The first bad entry of each broken chain.
    broken: Vec<BrokenChain>,
}

/// The last entry of a chain.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditHead {
    #[schema(example = "gateway")]
    chain: String,
    /// 0: nothing was done yet.
    #[schema(example = 7)]
    sequence: i64,
    hash: String,
}

/// Where a chain is not as it was written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BrokenChain {
    #[schema(example = "gateway")]
    chain: String,
    #[schema(example = 7)]
    sequence: i64,
    /// `altered`, `forged`, `missing`, `cut_off`, `head`, `beyond_head`, `chain_missing` or `not_as_noted`.
    #[schema(example = "altered")]
    fault: &'static str,
}

impl From<Report> for AuditReport {
    fn from(report: Report) -> Self {
        let heads = report.heads.into_iter().map(|head| AuditHead {
            chain: audit::name_of(head.chain),
            sequence: head.sequence,
            hash: head.hash,
        });
        let broken = report.broken.iter().map(|broken| BrokenChain {
            chain: audit::name_of(broken.chain),
            sequence: broken.sequence,
            fault: broken.fault.as_str(),
        });
        Self {
            whole: report.broken.is_empty(),
            entries: report.entries,
            heads: heads.collect(),
            broken: broken.collect(),
        }
    }
}
