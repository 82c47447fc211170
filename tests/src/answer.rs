//! What the gateway answered, with assertions that show the whole of it when they fail.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// One answer, and the request it answers.
#[derive(Clone)]
pub struct Answer {
    /// Method and path of the request.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    /// Fails unless the answer has this status.
    #[track_caller]
    #[must_use]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Fails unless the answer is a problem with this status and code.
    #[track_caller]
    #[must_use]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self}"
        );
        self
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// One value of the body, by its JSON pointer; `null` when it is not there.
    pub fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_default()
    }

    /// The text at a pointer; empty when there is none.
    pub fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_default().to_owned()
    }

    /// The code of a problem; empty for anything else.
    pub fn code(&self) -> String {
        self.text("/code")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether this is the stored answer to an earlier request.
    pub fn is_replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }

    /// The fields that a problem names, each with its rule.
    pub fn violations(&self) -> Vec<(String, String)> {
        let list = self.at("/violations");
        let member = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
        list.as_array()
            .into_iter()
            .flatten()
            .map(|it| (member(it, "field"), member(it, "rule")))
            .collect()
    }

    /// Fails unless a problem names this field for this rule, with words about what to do.
    #[track_caller]
    #[must_use]
    pub fn names(self, field: &str, rule: &str) -> Self {
        let wanted = (field.to_owned(), rule.to_owned());
        let at = self.violations().iter().position(|it| *it == wanted);
        let at = at.unwrap_or_else(|| panic!("no violation {field}: {rule}\n{self}"));
        let remedy = self.text(&format!("/violations/{at}/message"));
        assert!(remedy.len() > 3, "{field} has no remedy\n{self}");
        self
    }

    /// Everything but what is said to differ between two requests: their ids and the date.
    pub fn without_ids(&self) -> String {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "request-id" | "date" | "traceparent"))
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        headers.sort();
        let mut body = String::from_utf8_lossy(&self.bytes).into_owned();
        for pointer in ["/requestId", "/traceId"] {
            let id = self.text(pointer);
            if !id.is_empty() {
                body = body.replace(&id, "…");
            }
        }
        format!("{}\n{}\n\n{body}", self.status, headers.join("\n"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} was answered {}", self.asked, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        match serde_json::from_slice::<Value>(&self.bytes) {
            Ok(body) => write!(f, "{body:#}"),
            Err(_) => f.write_str(&String::from_utf8_lossy(&self.bytes)),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
