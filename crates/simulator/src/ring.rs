//! The requests seen, newest last, as many as fit.

use std::collections::VecDeque;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::answer::Answer;
use crate::call::Call;

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Counts every request of the world from 1, so a reader can tell what it has missed.
    pub number: u64,
    pub at: OffsetDateTime,
    /// `None` when no API has the path.
    pub operation: Option<&'static str>,
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub msn: Option<String>,
    pub reference: Option<String>,
    pub idempotency_key: Option<String>,
    /// Names in lower case, secrets included: these are simulated ones.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Those of the four `Vipps-System-*` headers that were absent or empty.
    pub missing_system_headers: Vec<&'static str>,
    /// The fault rules that struck.
    pub faults: Vec<String>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Still being worked on.
    Open,
    /// The caller was given this answer, or would have been if `sent` is false.
    Answered { status: u16, body: Bytes, sent: bool },
    /// The connection was closed before anything happened.
    Reset,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The status of the answer, whether it arrived or not.
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered { status, .. } => Some(status),
            Outcome::Open | Outcome::Reset => None,
        }
    }
}

pub(crate) struct Ring {
    capacity: usize,
    next: u64,
    entries: VecDeque<Seen>,
}

impl Ring {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            next: 1,
            entries: VecDeque::new(),
        }
    }

    /// Enters a request and returns its number.
    pub(crate) fn enter(&mut self, call: &Call, known: bool) -> u64 {
        let number = self.next;
        self.next += 1;
        if self.capacity == 0 {
            return number;
        }
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(seen(number, call, known));
        number
    }

    pub(crate) fn struck(&mut self, number: u64, rules: &[String]) {
        if let Some(entry) = self.entry(number) {
            entry.faults = rules.to_vec();
        }
    }

    pub(crate) fn settle(&mut self, number: u64, outcome: Outcome) {
        if let Some(entry) = self.entry(number) {
            entry.outcome = outcome;
        }
    }

    pub(crate) fn list(&self) -> Vec<Seen> {
        self.entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// `None` once the request has fallen out of the ring.
    fn entry(&mut self, number: u64) -> Option<&mut Seen> {
        let first = self.entries.front()?.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        self.entries.get_mut(index)
    }
}

pub(crate) fn answered(answer: &Answer, sent: bool) -> Outcome {
    Outcome::Answered {
        status: answer.status.as_u16(),
        body: answer.body.clone(),
        sent,
    }
}

fn seen(number: u64, call: &Call, known: bool) -> Seen {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Seen {
        number,
        at: call.at,
        operation: known.then_some(call.operation),
        method: call.method.to_string(),
        path: call.path.clone(),
        query: call.query.clone(),
        msn: call.msn().map(str::to_owned),
        reference: call.reference.clone(),
        idempotency_key: call.header("idempotency-key").map(str::to_owned),
        headers: call
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: call.body.clone(),
        missing_system_headers: crate::headers::missing_system_headers(call),
        faults: Vec::new(),
        outcome: Outcome::Open,
    }
}
