//! Reading the audit.

use serde_json::{Value, json};
use store::audit::{Chain, Entry, Filter};

use super::facts::moment;
use super::{Place, name_of};
use crate::registry::cut;
use crate::{App, Error};

/// Entries of one read.
const PAGE: u64 = 500;

/// The newest entries first, as the filter says.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Corrupt`].
pub async fn list(app: &App, filter: &Filter) -> Result<Vec<Entry>, Error> {
    let reader = app.store().read_system("audit list");
    Ok(reader.system().list_audit(filter).await?)
}

/// One page of them, the newest first, and the entry behind which the next one begins.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Corrupt`].
pub async fn page(app: &App, filter: Filter, limit: u32) -> Result<(Vec<Entry>, Option<Place>), Error> {
    let filter = Filter {
        limit: u64::from(limit) + 1,
        ..filter
    };
    let found = list(app, &filter).await?;
    Ok(cut(found, limit, |entry| {
        Place(store::audit::Place {
            at: entry.at,
            chain: entry.chain,
            sequence: entry.sequence,
        })
    }))
}

/// One page of a chain after the entry `last` (0 = from the first), in their order, and the last of them when there
/// are more.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Corrupt`].
pub async fn export_page(
    app: &App,
    chain: Chain,
    last: i64,
    limit: u32,
) -> Result<(Vec<Entry>, Option<i64>), Error> {
    let reader = app.store().read_system("audit export");
    let found = reader
        .system()
        .audit_after(chain, last, u64::from(limit) + 1)
        .await?;
    Ok(cut(found, limit, |entry| entry.sequence))
}

/// Every chain that has begun, the gateway's first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn chains(app: &App) -> Result<Vec<Chain>, Error> {
    let reader = app.store().read_system("audit chains");
    Ok(reader.system().audit_chains().await?)
}

/// Gives every entry to `sink`, one chain after another, each in its order: `chain` only, or all of them, the
/// gateway's first. Returns how many. It ends early when `sink` fails.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Corrupt`]; or what `sink` answers.
pub async fn export<E: From<Error>>(
    app: &App,
    chain: Option<Chain>,
    mut sink: impl FnMut(&Entry) -> Result<(), E>,
) -> Result<u64, E> {
    let reader = app.store().read_system("audit export");
    let chains = match chain {
        Some(chain) => vec![chain],
        None => reader.system().audit_chains().await.map_err(Error::from)?,
    };
    let mut all = 0;
    for chain in chains {
        let mut last = 0;
        loop {
            let page = reader.system().audit_after(chain, last, PAGE).await;
            let page = page.map_err(Error::from)?;
            let Some(end) = page.last() else { break };
            last = end.sequence;
            for entry in &page {
                sink(entry)?;
                all += 1;
            }
        }
    }
    Ok(all)
}

/// An entry for people: what was before and after as JSON, without its seal.
pub fn json(entry: &Entry) -> Value {
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    json!({
        "chain": name_of(entry.chain),
        "sequence": entry.sequence,
        "id": entry.id.simple().to_string(),
        "at": moment(entry.at),
        "environment": entry.environment.map(domain::Environment::as_str),
        "actor": entry.actor,
        "executor": entry.executor,
        "action": entry.action,
        "target": entry.target,
        "reason": entry.reason,
        "before": parsed(&entry.before),
        "after": parsed(&entry.after),
        "hash": entry.hash,
    })
}

/// An entry for machines: `before` and `after` as the very text that the hash is of, and `atMicros` beside `at`.
pub fn line(entry: &Entry) -> Value {
    let mut line = json(entry);
    if let Some(fields) = line.as_object_mut() {
        fields.insert("atMicros".to_owned(), micros(entry.at).into());
        fields.insert("before".to_owned(), entry.before.clone().into());
        fields.insert("after".to_owned(), entry.after.clone().into());
        fields.insert("seal".to_owned(), entry.seal.clone().into());
    }
    line
}

/// Microseconds since 1970, as the hash of an entry has them.
pub fn micros(at: time::OffsetDateTime) -> i64 {
    let micros = at.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).unwrap_or(i64::MAX)
}
