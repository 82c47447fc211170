//! Whatever a partner sends as a body, reading it ends; what it takes for JSON is JSON to everybody else, and
//! no deeper than allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;

#[path = "../../crates/api/src/body/faults.rs"]
mod faults;
#[path = "../../crates/api/src/body/json.rs"]
mod json;

/// The bound that the reader has from its room.
mod problem {
    pub(crate) const MOST_VIOLATIONS: usize = 100;
}

use faults::note;
use json::{Json, Malformed};

const LEVELS: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    match json::read(bytes, LEVELS) {
        Ok((read, doubled)) => {
            assert!(depth(&read) <= LEVELS);
            let theirs = serde_json::from_slice::<Value>(bytes);
            // Only a number beyond every float is JSON to us and nothing to a parser that keeps its value.
            if let Ok(theirs) = theirs
                && doubled.is_empty()
                && !is_magic(&read)
            {
                assert!(same(&read, &theirs));
            }
        }
        Err(Malformed::TooDeep(levels)) => assert_eq!(levels, LEVELS),
        Err(Malformed::NotJson(said)) => {
            assert!(!said.is_empty());
            assert!(serde_json::from_slice::<Value>(bytes).is_err(), "{said}");
        }
    }
});

fn depth(value: &Json) -> usize {
    match value {
        Json::Null | Json::Bool(_) | Json::Integer(_) | Json::Number | Json::Text(_) => 0,
        Json::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(members) => 1 + members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
    }
}

/// serde_json's own `Value` takes an object with such a member for something else; this reader does not.
fn is_magic(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) | Json::Integer(_) | Json::Number | Json::Text(_) => false,
        Json::List(items) => items.iter().any(is_magic),
        Json::Object(members) => members
            .iter()
            .any(|(key, value)| key.starts_with("$serde_json::private::") || is_magic(value)),
    }
}

fn same(ours: &Json, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(one), Value::Bool(other)) => one == other,
        (Json::Integer(one), Value::Number(other)) => other.as_i64() == Some(*one),
        (Json::Number, Value::Number(other)) => other.as_i64().is_none(),
        (Json::Text(one), Value::String(other)) => one == other,
        (Json::List(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => false,
    }
}
