//! A body as a tree that forgets nothing a rule may ask about.
//!
//! `serde_json::Value` would keep the last of two equal keys in silence; what this gateway checks and
//! what Vipps acts on could then be two different amounts.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use domain::Violation;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::note;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number without fraction and exponent that fits 64 bits.
    Integer(i64),
    /// Any other number: its value is never used, only that it is none of the above.
    Number,
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Why bytes are not a body at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// In our words, with the place.
    NotJson(String),
    /// Nested deeper than this.
    TooDeep(usize),
}

/// Reads bytes as one JSON value, no deeper than `deepest` levels, and lists keys that stand twice.
///
/// # Errors
/// [`Malformed`] when there is no one value to speak of.
pub(crate) fn read(bytes: &[u8], deepest: usize) -> Result<(Json, Vec<Violation>), Malformed> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Malformed::NotJson("The body is empty.".to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|wrong| {
        Malformed::NotJson(format!(
            "The body is not UTF-8: see byte {}.",
            wrong.valid_up_to() + 1
        ))
    })?;
    let walk = Walk {
        deepest,
        path: RefCell::default(),
        faults: RefCell::default(),
    };
    let mut source = serde_json::Deserializer::from_str(text);
    // Ours is the lower limit, and it names itself.
    let value = At {
        walk: &walk,
        depth: 0,
    }
    .deserialize(&mut source)
    .and_then(|value| source.end().map(|()| value))
    .map_err(|wrong| malformed(&wrong, deepest))?;
    Ok((value, walk.faults.into_inner()))
}

const TOO_DEEP: &str = "nested too deeply";

fn malformed(wrong: &serde_json::Error, deepest: usize) -> Malformed {
    let said = wrong.to_string();
    if said.starts_with(TOO_DEEP) || said.starts_with("recursion limit") {
        return Malformed::TooDeep(deepest);
    }
    let place = format!("line {}, column {}", wrong.line(), wrong.column());
    Malformed::NotJson(if wrong.is_eof() {
        format!("The body ends in the middle of a value ({place}).")
    } else if said.starts_with("trailing characters") {
        format!("Something follows after the end of the JSON value ({place}).")
    } else {
        format!("The body stops being JSON at {place}.")
    })
}

struct Walk {
    deepest: usize,
    path: RefCell<Vec<Step>>,
    faults: RefCell<Vec<Violation>>,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Walk {
    /// Keys of a caller's own may be as long as its body: so much of each is repeated.
    fn here(&self) -> String {
        const SHOWN: usize = 100;
        let shown = |key: &str| key.chars().take(SHOWN).collect::<String>();
        self.path
            .borrow()
            .iter()
            .fold(String::new(), |path, step| match step {
                Step::Key(key) if path.is_empty() => shown(key),
                Step::Key(key) => format!("{path}.{}", shown(key)),
                Step::Index(index) => format!("{path}[{index}]"),
            })
    }

    fn doubled(&self) {
        note(&self.faults, || {
            Violation::new(
                self.here(),
                "duplicate",
                "stands more than once in its object: send each key once",
            )
        });
    }
}

#[derive(Clone, Copy)]
struct At<'w> {
    walk: &'w Walk,
    depth: usize,
}

impl At<'_> {
    fn inside<E: de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.walk.deepest {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Json, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Number, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        let mut list = Vec::new();
        loop {
            self.walk.path.borrow_mut().push(Step::Index(list.len()));
            let item = items.next_element_seed(inside)?;
            self.walk.path.borrow_mut().pop();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Json::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let inside = self.inside()?;
        let mut object: Vec<(String, Json)> = Vec::new();
        let mut known = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.walk.path.borrow_mut().push(Step::Key(key.clone()));
            if !known.insert(key.clone()) {
                self.walk.doubled();
            }
            object.push((key, entries.next_value_seed(inside)?));
            self.walk.path.borrow_mut().pop();
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::problem::MOST_VIOLATIONS;

    fn said(bytes: &[u8]) -> String {
        match read(bytes, 8) {
            Err(Malformed::NotJson(said)) => said,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_body_that_is_none_says_where_it_goes_wrong() {
        assert_eq!(said(b""), "The body is empty.");
        assert_eq!(said(b" \n"), "The body is empty.");
        assert_eq!(said(b"{\"a\": \"\xff\"}"), "The body is not UTF-8: see byte 8.");
        assert_eq!(
            said(b"{\"amount\": {\"value\": 4"),
            "The body ends in the middle of a value (line 1, column 22)."
        );
        assert_eq!(
            said(b"{} {}"),
            "Something follows after the end of the JSON value (line 1, column 4)."
        );
        assert_eq!(
            said(b"{\"a\": nope}"),
            "The body stops being JSON at line 1, column 8."
        );
        assert!(said(b"\xef\xbb\xbf{}").contains("stops being JSON"));
        assert!(said(b"{\"a\": NaN}").contains("stops being JSON"));
        assert!(said(b"{'a': 1}").contains("stops being JSON"));
        assert!(said(b"{\"a\": 1,}").contains("stops being JSON"));
        assert!(said(b"{\"a\": \"\\ud800\"}").contains("stops being JSON"));
    }

    #[test]
    fn the_limit_of_nesting_is_exact() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(read(nested(8).as_bytes(), 8).is_ok());
        assert_eq!(read(nested(9).as_bytes(), 8), Err(Malformed::TooDeep(8)));
        assert_eq!(
            read(nested(100_000).as_bytes(), 32),
            Err(Malformed::TooDeep(32)),
            "and costs no stack"
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_named_wherever_it_is() {
        let (_, faults) = read(
            br#"{"amount":{"value":1,"value":2},"lines":[{"id":"a"},{"id":"b","id":"c"}],"amount":0}"#,
            8,
        )
        .unwrap();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["amount.value", "lines[1].id", "amount"]);
    }

    #[test]
    fn many_doubled_keys_in_a_deep_place_cost_no_more_than_what_is_listed() {
        let long = format!("{{\"{}\":", "k".repeat(4000));
        let body = format!(
            "{}{{{}\"a\":1}}{}",
            long.repeat(30),
            "\"a\":1,".repeat(20_000),
            "}".repeat(30)
        );
        let (_, faults) = read(body.as_bytes(), 32).unwrap();
        assert_eq!(faults.len(), MOST_VIOLATIONS + 1);
        let told: usize = faults.iter().map(|fault| fault.field.len()).sum();
        assert!(told < 400_000, "{told}");
    }

    #[test]
    fn only_whole_numbers_within_64_bits_are_integers() {
        let (value, _) = read(b"[1, -5, 1.0, 1e3, 9223372036854775807, 9223372036854775808]", 8).unwrap();
        assert_eq!(
            value,
            Json::List(vec![
                Json::Integer(1),
                Json::Integer(-5),
                Json::Number,
                Json::Number,
                Json::Integer(i64::MAX),
                Json::Number,
            ])
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, 8);
        }

        #[test]
        fn what_is_json_for_serde_is_json_here(text in "[\\[\\]{}\",:0-9a-z .-]{0,40}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let ours = read(text.as_bytes(), 100).is_ok();
            prop_assert_eq!(ours, theirs);
        }
    }
}
