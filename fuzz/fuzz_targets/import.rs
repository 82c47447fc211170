//! Whatever is given as a file of sales units, taking it apart ends; it gives members that are known and say something,
//! the same ones when they are written down again in either format, and a refusal repeats nothing of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

#[path = "../../crates/app/src/import/apart.rs"]
mod apart;

use apart::{Apart, Format, MEMBERS, take_apart};

// The first byte chooses the format, the rest is the file.
fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let format = if *first == b'j' { Format::Json } else { Format::Csv };
    let rows = match take_apart(text, format) {
        Ok(rows) => rows,
        Err(refused) => {
            let said = refused.to_string();
            assert!(is_known(&said), "{said}");
            return;
        }
    };
    let mut last = 0;
    for row in &rows {
        assert!(row.number >= last, "row {} after {last}", row.number);
        last = row.number;
        assert!(!row.is_torn || row.faults.len() == 1);
        assert!(format == Format::Csv || !row.is_torn);
        for (member, value) in &row.members {
            assert!(
                MEMBERS.contains(&member.as_str()) && !value.is_empty(),
                "{member}"
            );
        }
        for fault in &row.faults {
            assert!(fault.field.chars().count() <= 64, "{}", fault.field);
        }
    }
    let again = take_apart(&as_json(&rows), Format::Json);
    assert!(again.is_ok_and(|again| is_same(&rows, &again, str::to_owned)));
    let again = take_apart(&as_csv(&rows), Format::Csv);
    assert!(again.is_ok_and(|again| is_same(&rows, &again, |value| value.trim().to_owned())));
});

/// Where and what, and nothing of the file but the number of a line or a column and the name of a known column.
fn is_known(said: &str) -> bool {
    let shape: String = said.chars().filter(|it| !it.is_ascii_digit()).collect();
    [
        "the head of the file cannot be read",
        "line  cannot be taken apart",
        "line  is no JSON",
    ]
    .contains(&shape.as_str())
        || shape == format!("column  of the head is none of {}", MEMBERS.join(", "))
        || MEMBERS
            .iter()
            .any(|member| shape == format!("the column {member} stands twice in the head"))
}

fn as_json(rows: &[Apart]) -> String {
    let objects = rows.iter().map(|row| {
        let members = row.members.iter();
        let members = members.map(|(member, value)| (member.clone(), Value::from(value.as_str())));
        Value::from(Map::from_iter(members))
    });
    Value::from_iter(objects).to_string()
}

fn as_csv(rows: &[Apart]) -> String {
    let quoted = |value: &str| format!("\"{}\"", value.replace('"', "\"\""));
    let mut text = MEMBERS.join(",");
    for row in rows {
        let cells = MEMBERS.map(|member| quoted(row.members.get(member).map_or("", |value| value.as_str())));
        text.push('\n');
        text.push_str(&cells.join(","));
    }
    text
}

/// Whether both say the same; `kept` = what a format keeps of a value.
fn is_same(rows: &[Apart], again: &[Apart], kept: fn(&str) -> String) -> bool {
    let said = |row: &Apart, kept: fn(&str) -> String| {
        let members = row.members.iter();
        let members = members.map(|(member, value)| (member.clone(), kept(value)));
        members.filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
    };
    rows.len() == again.len()
        && rows
            .iter()
            .zip(again)
            .all(|(one, other)| said(one, kept) == said(other, str::to_owned) && other.faults.is_empty())
}
