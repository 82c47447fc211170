//! Idempotency keys: the same key and body gets the original outcome, another body a conflict, and
//! a refusal sticks to its key.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::call::Call;
use crate::dials::Dials;
use crate::headers::Caller;
use crate::lock::Held as _;
use crate::problem::Refusal;

/// The most characters an ePayment key may have.
pub(crate) const LONGEST: usize = 50;
const SHARDS: usize = 64;

pub(crate) struct Keys {
    shards: Vec<Mutex<HashMap<u128, Record>>>,
}

struct Record {
    fingerprint: u128,
    first_used: i64,
    outcome: Option<Outcome>,
}

/// What became of the first request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    /// The position of the entry it made.
    Modified(u32),
    /// Boxed, so that the many good outcomes stay small.
    Refused(Box<Refusal>),
}

pub(crate) enum Use<'a> {
    First(Pending<'a>),
    Again(Outcome),
    OtherBody,
    /// The first request with this key is still being worked on.
    Open,
}

/// The first use of a key. Dropped unsettled, the key is free again.
pub(crate) struct Pending<'a> {
    keys: &'a Keys,
    id: Option<u128>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Keys {
    pub(crate) fn begin(&self, dials: &Dials, caller: &Caller, call: &Call, key: &str, now: i64) -> Use<'_> {
        let id = scoped(dials, caller, call, key);
        let fingerprint = fingerprint(call);
        let mut shard = self.shard(id).held();
        let forgotten = |record: &Record| {
            let life = dials
                .keys_remembered_seconds
                .map(|it| i64::try_from(it).unwrap_or(i64::MAX / 1000) * 1000);
            record.outcome.is_some() && life.is_some_and(|life| now - record.first_used >= life)
        };
        match shard.get(&id).filter(|record| !forgotten(record)) {
            None => {
                shard.insert(
                    id,
                    Record {
                        fingerprint,
                        first_used: now,
                        outcome: None,
                    },
                );
                Use::First(Pending {
                    keys: self,
                    id: Some(id),
                })
            }
            Some(record) if record.fingerprint != fingerprint => Use::OtherBody,
            Some(record) => record.outcome.clone().map_or(Use::Open, Use::Again),
        }
    }

    /// A use without a key: nothing is remembered.
    pub(crate) fn none(&self) -> Pending<'_> {
        Pending { keys: self, id: None }
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            shard.held().clear();
        }
    }

    fn shard(&self, id: u128) -> &Mutex<HashMap<u128, Record>> {
        let index = usize::try_from(id % SHARDS as u128).unwrap_or_default();
        &self.shards[index]
    }
}

impl Pending<'_> {
    pub(crate) fn settle(mut self, outcome: Outcome) {
        let Some(id) = self.id.take() else { return };
        if let Some(record) = self.keys.shard(id).held().get_mut(&id) {
            record.outcome = Some(outcome);
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.keys.shard(id).held().remove(&id);
        }
    }
}

fn scoped(dials: &Dials, caller: &Caller, call: &Call, key: &str) -> u128 {
    let scope = dials.key_scope;
    let part = |wanted: bool, value: &str| if wanted { value.to_owned() } else { String::new() };
    let msn = caller.unit.as_ref().map_or("", |unit| unit.msn.as_str());
    let parts = [
        part(scope.client, &caller.client_id),
        part(scope.msn, msn),
        part(scope.operation, call.operation),
        part(scope.reference, call.reference.as_deref().unwrap_or_default()),
    ];
    let mut hash = Sha256::new();
    for part in parts.iter().map(String::as_str).chain([key]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    first_half(hash)
}

/// Of the operation, the reference and the body's meaning: the order of members does not count.
fn fingerprint(call: &Call) -> u128 {
    let mut hash = Sha256::new();
    hash.update(call.operation.as_bytes());
    hash.update([0]);
    hash.update(call.reference.as_deref().unwrap_or_default().as_bytes());
    hash.update([0]);
    match serde_json::from_slice::<Value>(&call.body) {
        Ok(value) => meaning(&value, &mut hash),
        Err(_) => hash.update(&call.body),
    }
    first_half(hash)
}

fn meaning(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort();
            hash.update(b"{");
            for name in names {
                hash.update((name.len() as u64).to_be_bytes());
                hash.update(name.as_bytes());
                meaning(&members[name], hash);
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            for item in items {
                meaning(item, hash);
            }
            hash.update(b"]");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            hash.update(value.to_string().as_bytes());
            hash.update(b",");
        }
    }
}

fn first_half(hash: Sha256) -> u128 {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(half)
}
