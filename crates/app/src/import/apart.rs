//! Taking a file apart: CSV with a head, or JSON (a list, or one object a line). What its members say is judged
//! elsewhere.

use std::collections::BTreeMap;

use domain::Violation;
use serde_json::Value;
use zeroize::Zeroizing;

/// The columns, all of them text.
pub(super) const MEMBERS: [&str; 11] = [
    "merchantName",
    "organisationNumber",
    "country",
    "msn",
    "name",
    "market",
    "credentialMode",
    "clientId",
    "clientSecret",
    "subscriptionKey",
    "secondarySubscriptionKey",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

/// The file as a whole is none. Says where, and repeats nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// What a row says, by name; none is empty.
pub(super) type Members = BTreeMap<String, Zeroizing<String>>;

/// One row.
pub(super) struct Apart {
    /// From 1; the head of a CSV file counts. Rows that only a carriage return parts are on one line.
    pub(super) number: u64,
    pub(super) members: Members,
    /// What stands in it and is no member.
    pub(super) faults: Vec<Violation>,
    /// It has another number of columns than the head, so nobody knows which is which.
    pub(super) is_torn: bool,
}

/// The rows of a whole file, in its order.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn take_apart(text: &str, format: Format) -> Result<Vec<Apart>, Unreadable> {
    let text = text.trim_start_matches('\u{feff}');
    match format {
        Format::Csv => csv(text),
        Format::Json => json(text),
    }
}

fn csv(text: &str) -> Result<Vec<Apart>, Unreadable> {
    let mut reader = ::csv::ReaderBuilder::new()
        .flexible(true)
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let head = reader
        .headers()
        .map_err(|_| Unreadable("the head of the file cannot be read".to_owned()))?
        .clone();
    for (position, column) in head.iter().enumerate() {
        if !MEMBERS.contains(&column) {
            return Err(Unreadable(format!(
                "column {} of the head is none of {}",
                position + 1,
                MEMBERS.join(", ")
            )));
        }
        if head.iter().filter(|other| *other == column).count() > 1 {
            return Err(Unreadable(format!(
                "the column {column} stands twice in the head"
            )));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, ::csv::Position::line);
            Unreadable(format!("line {line} cannot be taken apart"))
        })?;
        let number = record.position().map_or(0, ::csv::Position::line);
        let members = head
            .iter()
            .zip(record.iter())
            .filter(|(_, value)| !value.is_empty())
            .map(|(column, value)| (column.to_owned(), Zeroizing::new(value.to_owned())));
        let is_torn = record.len() != head.len();
        let message = format!("must have {} columns", head.len());
        let torn = is_torn.then(|| Violation::new("row", "columns", message));
        rows.push(Apart {
            number,
            members: members.collect(),
            faults: torn.into_iter().collect(),
            is_torn,
        });
    }
    Ok(rows)
}

fn json(text: &str) -> Result<Vec<Apart>, Unreadable> {
    let rows: Vec<(u64, Value)> = if text.trim_start().starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(text).map_err(|error| at(error.line()))?;
        (1..).zip(list).collect()
    } else {
        let mut rows = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if !line.trim().is_empty() {
                let row = serde_json::from_str(line).map_err(|_| at(number))?;
                rows.push((number.try_into().unwrap_or(u64::MAX), row));
            }
        }
        rows
    };
    Ok(rows
        .into_iter()
        .map(|(number, row)| object(number, &row))
        .collect())
}

fn at(line: usize) -> Unreadable {
    Unreadable(format!("line {line} is no JSON"))
}

fn object(number: u64, row: &Value) -> Apart {
    let mut faults = Vec::new();
    let mut members = Members::new();
    for (member, value) in row.as_object().into_iter().flatten() {
        match value {
            _ if !MEMBERS.contains(&member.as_str()) => {
                let member: String = member.chars().take(64).collect();
                faults.push(Violation::new(member, "unknown", "is no member of a row"));
            }
            Value::String(text) if !text.is_empty() => {
                members.insert(member.clone(), Zeroizing::new(text.clone()));
            }
            Value::Null | Value::String(_) => {}
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                faults.push(Violation::new(member, "type", "must be text"));
            }
        }
    }
    if !row.is_object() {
        faults.push(Violation::new("row", "type", "must be an object"));
    }
    Apart {
        number,
        members,
        faults,
        is_torn: false,
    }
}
