//! Field rules as tables: which members an object has, which are required, and what each may hold.
//! Unknown members are refused, as Vipps does.

use serde_json::{Map, Value};

/// One member of an object.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) need: Need,
    pub(crate) kind: Kind,
    /// The error code of a wrong value; without one it is a validation error that names the field.
    pub(crate) code: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    /// Optional, and may be `null`.
    Nullable,
    /// Must be there, and may be `null`.
    RequiredNullable,
}

pub(crate) enum Kind {
    /// Length in characters, from and to.
    Text(usize, usize),
    /// A text with a pattern: its wording, and the check.
    Pattern(&'static str, fn(&str) -> bool),
    Integer(i64, i64),
    Boolean,
    OneOf(&'static [&'static str]),
    Object(&'static [Field]),
    /// Objects, at least so many.
    Objects(usize, &'static [Field]),
    Words(&'static [&'static str]),
    /// Checked elsewhere.
    Any,
}

pub(crate) const fn required(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        need: Need::Required,
        kind,
        code: None,
    }
}

pub(crate) const fn optional(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        need: Need::Optional,
        kind,
        code: None,
    }
}

pub(crate) const fn nullable(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        need: Need::Nullable,
        kind,
        code: None,
    }
}

impl Field {
    pub(crate) const fn code(mut self, code: u16) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) const fn need(mut self, need: Need) -> Self {
        self.need = need;
        self
    }
}

/// What is wrong with a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faulty {
    pub(crate) fields: Vec<(String, String)>,
    /// The first error code met.
    pub(crate) code: Option<u16>,
}

/// Reads a body as an object of these members.
///
/// # Errors
/// When it is no JSON object or breaks a rule: validation errors with all faulty fields, or the
/// error code of the first one that has a code.
pub(crate) fn read(body: &[u8], fields: &[Field]) -> Result<Value, Faulty> {
    let wrong = |reason: &str| Faulty {
        fields: vec![("body".to_owned(), reason.to_owned())],
        code: None,
    };
    let value: Value =
        serde_json::from_slice(body).map_err(|_| wrong("The request body is not valid JSON."))?;
    let Value::Object(object) = &value else {
        return Err(wrong("The request body must be a JSON object."));
    };
    let mut faulty = Faulty::default();
    check(object, fields, "", &mut faulty);
    if faulty.fields.is_empty() {
        Ok(value)
    } else {
        Err(faulty)
    }
}

fn check(object: &Map<String, Value>, fields: &[Field], path: &str, faulty: &mut Faulty) {
    for name in object.keys() {
        if !fields.iter().any(|field| field.name == name) {
            let reason = format!("Could not find member '{name}' on object.");
            faulty.fields.push((format!("{path}{name}"), reason));
        }
    }
    for field in fields {
        let name = format!("{path}{}", field.name);
        let before = faulty.fields.len();
        match (object.get(field.name), field.need) {
            (None, Need::Required | Need::RequiredNullable) | (Some(Value::Null), Need::Required) => {
                faulty
                    .fields
                    .push((name.clone(), format!("The {name} field is required.")));
                continue;
            }
            (None, Need::Optional | Need::Nullable)
            | (Some(Value::Null), Need::Nullable | Need::RequiredNullable) => continue,
            (Some(value), _) => check_kind(value, &field.kind, &name, faulty),
        }
        if faulty.fields.len() > before {
            faulty.code = faulty.code.or(field.code);
        }
    }
}

fn check_kind(value: &Value, kind: &Kind, name: &str, faulty: &mut Faulty) {
    let mut wrong = |reason: String| faulty.fields.push((name.to_owned(), reason));
    match (kind, value) {
        (Kind::Text(least, most), Value::String(text)) => {
            let length = text.chars().count();
            if length < *least || length > *most {
                wrong(format!(
                    "The field {name} must be a string with a length from {least} to {most}."
                ));
            }
        }
        (Kind::Pattern(wording, fits), Value::String(text)) if !fits(text) => {
            wrong(format!("The field {name} must match {wording}."));
        }
        (Kind::Integer(least, most), Value::Number(number)) => match number.as_i64() {
            Some(number) if (*least..=*most).contains(&number) => {}
            Some(_) => wrong(format!("The field {name} must be between {least} and {most}.")),
            None => wrong(format!("The field {name} must be an integer.")),
        },
        (Kind::OneOf(members), Value::String(text)) if !members.contains(&text.as_str()) => {
            wrong(format!("The field {name} must be one of {}.", members.join(", ")));
        }
        (Kind::Object(fields), Value::Object(object)) => check(object, fields, &format!("{name}."), faulty),
        (Kind::Objects(least, _), Value::Array(items)) if items.len() < *least => {
            wrong(format!("The field {name} must have at least {least} item."));
        }
        (Kind::Objects(_, fields), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_kind(item, &Kind::Object(fields), &format!("{name}[{index}]"), faulty);
            }
        }
        (Kind::Words(members), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_kind(item, &Kind::OneOf(members), &format!("{name}[{index}]"), faulty);
            }
        }
        (Kind::Pattern(..) | Kind::OneOf(_), Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Any, _) => {}
        (
            Kind::Text(..)
            | Kind::Pattern(..)
            | Kind::Integer(..)
            | Kind::Boolean
            | Kind::OneOf(_)
            | Kind::Object(_)
            | Kind::Objects(..)
            | Kind::Words(_),
            _,
        ) => wrong(format!("The field {name} has the wrong type.")),
    }
}
