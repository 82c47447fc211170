//! Reading a body field by field, collecting all that is wrong with it.

use std::cell::RefCell;

use domain::Violation;

use super::json::Json;
use super::note;

/// A place in a body: there may be a value or none.
#[derive(Debug, Clone)]
pub(crate) struct At<'a> {
    value: Option<&'a Json>,
    path: String,
    faults: &'a RefCell<Vec<Violation>>,
}

impl<'a> At<'a> {
    /// The body itself.
    pub(crate) fn root(value: &'a Json, faults: &'a RefCell<Vec<Violation>>) -> Self {
        Self {
            value: Some(value),
            path: String::new(),
            faults,
        }
    }

    pub(crate) fn fault(&self, rule: &'static str, message: impl Into<String>) {
        note(self.faults, || {
            let field = if self.path.is_empty() { "body" } else { &self.path };
            Violation::new(field, rule, message)
        });
    }

    /// One documented member of the object that stands here. The same name in other letters is a fault:
    /// Vipps may read it as this member, and then act on another value than the one checked here.
    #[must_use]
    pub(crate) fn field(&self, name: &str) -> Self {
        let members = match self.value {
            Some(Json::Object(members)) => members.as_slice(),
            _ => &[],
        };
        if let Some((other, _)) = members
            .iter()
            .find(|(key, _)| key != name && key.eq_ignore_ascii_case(name))
        {
            self.at(other).misspelt(name);
        }
        let value = members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value);
        Self {
            value,
            ..self.at(name)
        }
    }

    /// Said once, however often the member is asked for.
    fn misspelt(&self, name: &str) {
        const RULE: &str = "spelling";
        let is_said = |fault: &Violation| fault.rule == RULE && fault.field == self.path;
        if !self.faults.borrow().iter().any(is_said) {
            self.fault(RULE, format!("must be written {name}"));
        }
    }

    /// Nothing, at the path of a member.
    fn at(&self, name: &str) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self {
            value: None,
            path,
            faults: self.faults,
        }
    }

    /// `null` counts as absent: Vipps marks most optional fields nullable.
    pub(crate) fn is_present(&self) -> bool {
        !matches!(self.value, None | Some(Json::Null))
    }

    /// Whether the member stands there at all, be it as `null`.
    pub(crate) const fn is_said(&self) -> bool {
        self.value.is_some()
    }

    /// Nothing is wrong when nothing is there.
    pub(crate) fn optional(self) -> Option<Self> {
        self.is_present().then_some(self)
    }

    /// A fault when nothing is there.
    pub(crate) fn required(self) -> Option<Self> {
        if !self.is_present() {
            self.fault("required", "is missing");
        }
        self.optional()
    }

    pub(crate) fn object(self) -> Option<Self> {
        if matches!(self.value, Some(Json::Object(_))) {
            return Some(self);
        }
        self.fault("type", "must be an object");
        None
    }

    /// The members of the object that stands here, by name.
    pub(crate) fn members(&self) -> Vec<(&'a str, Self)> {
        let Some(Json::Object(members)) = self.value else {
            return Vec::new();
        };
        let at = |(name, value): &'a (String, Json)| {
            let value = Some(value);
            (
                name.as_str(),
                Self {
                    value,
                    ..self.at(name)
                },
            )
        };
        members.iter().map(at).collect()
    }

    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        let Some(Json::List(items)) = self.value else {
            self.fault("type", "must be a list");
            return None;
        };
        let at = |(index, value): (usize, &'a Json)| Self {
            value: Some(value),
            path: format!("{}[{index}]", self.path),
            faults: self.faults,
        };
        Some(items.iter().enumerate().map(at).collect())
    }

    /// The text that stands here, if it is one; no fault if not.
    pub(crate) fn as_text(&self) -> Option<&'a str> {
        match self.value {
            Some(Json::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        if let Some(Json::Text(text)) = self.value {
            return Some(text);
        }
        self.fault("type", "must be a string");
        None
    }

    /// A text of so many characters.
    pub(crate) fn text_of(&self, least: usize, most: usize) -> Option<&'a str> {
        let text = self.text()?;
        if (least..=most).contains(&text.chars().count()) {
            return Some(text);
        }
        self.fault("length", format!("must have {least} to {most} characters"));
        None
    }

    /// What stands here as JSON text again. A number with a fraction is a fault: nothing that is kept has one.
    pub(crate) fn rendered(&self) -> Option<String> {
        let value = self.value.and_then(rendered);
        if value.is_none() {
            self.fault("integer", "must hold no number but whole ones");
        }
        value.map(|value| value.to_string())
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        if let Some(Json::Bool(flag)) = self.value {
            return Some(*flag);
        }
        self.fault("type", "must be true or false");
        None
    }

    /// A whole number within bounds, both included. `like` shows what is meant: `4990, not 49.90`.
    pub(crate) fn integer(&self, least: i64, most: i64, like: &str) -> Option<i64> {
        match self.value {
            Some(Json::Integer(value)) if (least..=most).contains(value) => return Some(*value),
            Some(Json::Integer(_)) => self.fault("range", format!("must be {}", bounds(least, most))),
            Some(Json::Number) => self.fault("integer", format!("must be a whole number{}", example(like))),
            Some(Json::Text(_)) => {
                self.fault("type", format!("must be a number, not a string{}", example(like)));
            }
            _ => self.fault("type", format!("must be a whole number{}", example(like))),
        }
        None
    }
}

/// The same value for a library; none where a number's own value was not kept.
fn rendered(value: &Json) -> Option<serde_json::Value> {
    Some(match value {
        Json::Null => serde_json::Value::Null,
        Json::Bool(flag) => (*flag).into(),
        Json::Integer(number) => (*number).into(),
        Json::Number => return None,
        Json::Text(text) => text.as_str().into(),
        Json::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(rendered).collect();
            items?.into()
        }
        Json::Object(members) => {
            let members = members
                .iter()
                .map(|(name, it)| Some((name.clone(), rendered(it)?)));
            serde_json::Value::Object(members.collect::<Option<_>>()?)
        }
    })
}

fn example(like: &str) -> String {
    if like.is_empty() {
        String::new()
    } else {
        format!(": {like}")
    }
}

fn bounds(least: i64, most: i64) -> String {
    if most == i64::MAX {
        format!("at least {least}")
    } else {
        format!("{least} to {most}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;
    use crate::problem::MOST_VIOLATIONS;

    fn faults_of(body: &str, check: impl Fn(&At<'_>)) -> Vec<(String, &'static str)> {
        let (value, _) = json::read(body.as_bytes(), 8).unwrap();
        let faults = RefCell::default();
        check(&At::root(&value, &faults));
        faults
            .into_inner()
            .into_iter()
            .map(|fault: Violation| (fault.field, fault.rule))
            .collect()
    }

    #[test]
    fn a_fault_names_the_path_and_the_rule() {
        let body = r#"{"amount":{"value":"49.90"},"lines":[{"name":""},{"name":7}],"note":null}"#;
        let faults = faults_of(body, |body| {
            let amount = body.field("amount");
            assert_eq!(amount.field("value").integer(0, 9, "4990"), None);
            assert!(amount.field("currency").required().is_none());
            for line in body.field("lines").list().unwrap() {
                let _ = line.field("name").text_of(1, 10);
            }
            assert!(body.field("note").optional().is_none());
        });
        let expected = [
            ("amount.value", "type"),
            ("amount.currency", "required"),
            ("lines[0].name", "length"),
            ("lines[1].name", "type"),
        ];
        assert_eq!(faults, expected.map(|(field, rule)| (field.to_owned(), rule)));
    }

    #[test]
    fn a_body_of_nothing_but_faults_costs_no_more_than_what_is_listed() {
        let body = format!("{{\"lines\":[{}{{}}]}}", "{},".repeat(80_000));
        let faults = faults_of(&body, |body| {
            for line in body.field("lines").list().unwrap() {
                assert!(line.field("name").required().is_none());
            }
        });
        assert_eq!(faults.len(), MOST_VIOLATIONS + 1);
    }

    #[test]
    fn length_is_counted_in_characters_and_not_in_bytes() {
        let faults = faults_of(r#"{"a":"ææø"}"#, |body| {
            assert!(body.field("a").text_of(3, 3).is_some());
        });
        assert!(faults.is_empty());
    }
}
