//! The one answer of a command: one JSON object, or lines for people.

use std::io::Write;

use domain::Secret;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a command answers.
pub(super) enum Shown {
    One(Map<String, Value>),
    List(Vec<Value>),
    /// A value that people pipe on: bare on a line of its own.
    Line(&'static str, Secret),
}

impl Shown {
    pub(super) fn one(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self::One(fields),
            other
            @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                Self::List(vec![other])
            }
        }
    }

    pub(super) fn list(values: Vec<Value>) -> Self {
        Self::List(values)
    }

    pub(super) fn removed(id: impl std::fmt::Display) -> Self {
        Self::one(json!({ "removed": id.to_string() }))
    }

    pub(super) fn write(&self, json: bool, output: &mut dyn Write) -> anyhow::Result<()> {
        match self {
            Self::One(fields) if json => writeln!(output, "{}", json!(fields))?,
            Self::List(rows) if json => writeln!(output, "{}", json!({ "data": rows }))?,
            Self::Line(name, value) if json => writeln!(output, "{}", json!({ *name: value.reveal() }))?,
            Self::One(fields) => {
                for (name, text) in filled(fields) {
                    writeln!(output, "{name:<24}{text}")?;
                }
            }
            Self::List(rows) => {
                for row in rows.iter().filter_map(Value::as_object) {
                    let cells: Vec<_> = filled(row).map(|(name, text)| format!("{name}={text}")).collect();
                    writeln!(output, "{}", cells.join("  "))?;
                }
            }
            Self::Line(_, value) => writeln!(output, "{}", value.reveal())?,
        }
        Ok(())
    }
}

fn filled(row: &Map<String, Value>) -> impl Iterator<Item = (&String, String)> {
    row.iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let items: Vec<_> = items
                        .iter()
                        .map(|item| item.as_str().unwrap_or_default())
                        .collect();
                    items.join(" ")
                }
                other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
                    other.to_string()
                }
            };
            (name, text)
        })
}

/// RFC 3339 in UTC.
pub(super) fn time(at: OffsetDateTime) -> Value {
    at.format(&Rfc3339).map_or(Value::Null, Value::String)
}

pub(super) fn maybe_time(at: Option<OffsetDateTime>) -> Value {
    at.map_or(Value::Null, time)
}
