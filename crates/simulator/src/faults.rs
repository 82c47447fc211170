//! Faults on demand. Whether a rule strikes is a digest of (seed, rule, operation, MSN, reference,
//! attempt), so one reference meets the same faults on every run, whatever the others do.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::digest;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields,
    tag = "kind"
)]
pub enum Fault {
    /// The request waits this long, on the simulator's clock, before anything happens.
    Latency { millis: u64 },
    /// The connection is closed; nothing happened.
    ResetBeforeEffect,
    /// Everything happens as asked; then the connection is closed without an answer.
    AnswerLost,
    /// A 5xx in Azure API Management's shape.
    ServerError {
        status: u16,
        #[serde(default)]
        after_effect: bool,
    },
    /// 429 in Azure API Management's shape, with `Retry-After` in seconds or without.
    TooManyRequests {
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// The true answer, cut off after this many bytes of its body; the connection is then closed.
    Truncated { bytes: usize },
    /// The true status with a body that is no JSON.
    Garbage,
    /// A redirect instead of an answer.
    Redirect { status: u16, location: String },
    /// The true answer, this many bytes at a time.
    Trickle { bytes: usize, every_millis: u64 },
    /// Any status and body, as they are given.
    Answer {
        status: u16,
        #[serde(default)]
        content_type: Option<String>,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default)]
        body: String,
        #[serde(default)]
        after_effect: bool,
    },
    /// A webhook event is lost: it is never sent. Operation `delivery.event`.
    NeverSent,
    /// A webhook event is sent this many times more after it was delivered. `delivery.event`.
    SentAgain { copies: u32 },
    /// A webhook event waits in its line before its first attempt. `delivery.event`.
    Delayed { millis: u64 },
    /// A webhook event lets the next one of its payment pass, if it comes in time. `delivery.event`.
    Overtaken { patience_millis: u64 },
    /// One attempt to deliver is signed with a secret that is not the registration's.
    /// `delivery.attempt`.
    WronglySigned,
}

impl Fault {
    /// Where it can strike: requests to an API, events entering a line, or attempts to deliver.
    fn place(&self) -> Place {
        match self {
            Self::Latency { .. }
            | Self::ResetBeforeEffect
            | Self::AnswerLost
            | Self::ServerError { .. }
            | Self::TooManyRequests { .. }
            | Self::Truncated { .. }
            | Self::Garbage
            | Self::Redirect { .. }
            | Self::Trickle { .. }
            | Self::Answer { .. } => Place::Request,
            Self::NeverSent | Self::SentAgain { .. } | Self::Delayed { .. } | Self::Overtaken { .. } => {
                Place::Event
            }
            Self::WronglySigned => Place::Attempt,
        }
    }
}

/// What a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Request,
    /// A webhook event entering the line of one registration.
    Event,
    /// One attempt to deliver a webhook event.
    Attempt,
}

/// What the rules are asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) place: Place,
    pub(crate) operation: &'static str,
    pub(crate) msn: &'a str,
    pub(crate) reference: &'a str,
    /// Tells apart what shares operation, MSN and reference and happens at the same time; the
    /// attempts are counted within it. Empty for requests.
    pub(crate) within: &'a str,
}

impl<'a> Subject<'a> {
    pub(crate) fn request(call: &'a Call) -> Self {
        Self {
            place: Place::Request,
            operation: call.operation,
            msn: call.msn().unwrap_or_default(),
            reference: call.reference.as_deref().unwrap_or_default(),
            within: "",
        }
    }
}

/// When a fault strikes. Absent conditions match everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Names the rule in the ring and in its draws; unique in a world.
    pub name: String,
    /// An operation such as `epayment.capture`, or `epayment.*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Which attempts, first and last, counted from 1 for each (operation, MSN, reference) since
    /// the rule was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<(u32, u32)>,
    /// How often in all, over every reference; `null` is without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How likely, 0 to 1.
    #[serde(default = "certain")]
    pub chance: f64,
    pub fault: Fault,
}

impl Rule {
    /// A rule that strikes every request, until it is narrowed.
    pub fn new(name: &str, fault: Fault) -> Self {
        Self {
            name: name.to_owned(),
            operation: None,
            msn: None,
            reference: None,
            attempts: None,
            times: None,
            chance: 1.0,
            fault,
        }
    }

    #[must_use]
    pub fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    #[must_use]
    pub fn msn(mut self, msn: &str) -> Self {
        self.msn = Some(msn.to_owned());
        self
    }

    #[must_use]
    pub fn reference(mut self, reference: &str) -> Self {
        self.reference = Some(reference.to_owned());
        self
    }

    #[must_use]
    pub fn attempts(mut self, attempts: RangeInclusive<u32>) -> Self {
        self.attempts = Some(attempts.into_inner());
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    #[must_use]
    pub fn chance(mut self, chance: f64) -> Self {
        self.chance = chance;
        self
    }

    fn matches(&self, subject: &Subject<'_>) -> bool {
        let operation = self
            .operation
            .as_deref()
            .is_none_or(|wanted| match wanted.strip_suffix('*') {
                Some(prefix) => subject.operation.starts_with(prefix),
                None => subject.operation == wanted,
            });
        let is = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|it| it == given);
        self.fault.place() == subject.place
            && operation
            && is(&self.msn, subject.msn)
            && is(&self.reference, subject.reference)
    }
}

/// What one request meets: all latencies together, and the first other fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Struck {
    pub(crate) latency_millis: u64,
    pub(crate) fault: Option<Fault>,
    /// The rules that struck, for the ring.
    pub(crate) rules: Vec<String>,
}

/// The rules of a world and how often each struck.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    struck: u32,
    /// Counted per operation, MSN, reference and [`Subject::within`].
    attempts: HashMap<(&'static str, String, String, String), u32>,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: Rule) {
        self.remove(&rule.name);
        self.rules.push(Armed {
            rule,
            struck: 0,
            attempts: HashMap::new(),
        });
    }

    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|armed| armed.rule.name != name);
        self.rules.len() < before
    }

    /// The rules, each with how often it struck.
    pub(crate) fn list(&self) -> Vec<(Rule, u32)> {
        self.rules
            .iter()
            .map(|armed| (armed.rule.clone(), armed.struck))
            .collect()
    }

    pub(crate) fn draw(&mut self, seed: u64, subject: &Subject<'_>) -> Struck {
        let mut struck = Struck::default();
        for armed in &mut self.rules {
            if !armed.rule.matches(subject) || !armed.strikes(seed, subject) {
                continue;
            }
            if let Fault::Latency { millis } = &armed.rule.fault {
                struck.latency_millis += millis;
            } else if struck.fault.is_none() {
                struck.fault = Some(armed.rule.fault.clone());
            } else {
                continue;
            }
            armed.struck += 1;
            struck.rules.push(armed.rule.name.clone());
        }
        struck
    }
}

impl Armed {
    fn strikes(&mut self, seed: u64, subject: &Subject<'_>) -> bool {
        let Subject {
            operation,
            msn,
            reference,
            within,
            ..
        } = *subject;
        let key = (operation, msn.to_owned(), reference.to_owned(), within.to_owned());
        let count = self.attempts.entry(key).or_default();
        *count += 1;
        let attempt = *count;
        let rule = &self.rule;
        if rule.times.is_some_and(|times| self.struck >= times)
            || rule
                .attempts
                .is_some_and(|(first, last)| attempt < first || attempt > last)
        {
            return false;
        }
        let attempt = attempt.to_string();
        let mut parts = vec![rule.name.as_str(), operation, msn, reference, &attempt];
        // Requests have none, and draw as if there were nothing to tell apart.
        if !within.is_empty() {
            parts.push(within);
        }
        fraction(digest::number(seed, &parts)) < rule.chance
    }
}

/// The upper 32 bits as a number in 0..1.
fn fraction(draw: u64) -> f64 {
    let upper = u32::try_from(draw >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

fn certain() -> f64 {
    1.0
}
