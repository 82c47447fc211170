//! One lenient parser for every shape in which Vipps says no.
//!
//! Vipps' APIs, the Azure gateway in front of them and the identity service behind them each have their
//! own. The status line decides; the body only explains, so nothing in it can make reading fail.

mod retry_after;
mod shapes;

use domain::Rejected;
use serde_json::Value;
use time::OffsetDateTime;

use crate::exchange::Answer;

/// Longest text kept of one member: these texts end in logs of ours and pages of others.
const LONGEST: usize = 2_000;
/// A wait beyond a day is a mistake, and one beyond all time overflows.
const LONGEST_WAIT: u64 = 86_400;
/// Most fields kept of one refusal.
const MOST_FIELDS: usize = 100;

/// Reads a refusal. Never fails: what cannot be understood stays in `body`.
pub(super) fn read(answer: Answer, now: OffsetDateTime) -> Rejected {
    let mut rejected = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(value) => shapes::read(&value),
        Err(_) => Rejected {
            detail: plain_text(&answer.body),
            ..Rejected::default()
        },
    };
    for text in [
        &mut rejected.code,
        &mut rejected.title,
        &mut rejected.detail,
        &mut rejected.trace_id,
    ] {
        *text = text.take().map(shorten).filter(|kept| !kept.is_empty());
    }
    rejected.fields.truncate(MOST_FIELDS);
    for (name, reason) in &mut rejected.fields {
        *name = shorten(std::mem::take(name));
        *reason = shorten(std::mem::take(reason));
    }
    rejected.retry_after = answer
        .retry_after
        .and_then(|header| retry_after::read(&header, now))
        .or_else(|| rejected.detail.as_deref().and_then(retry_after::in_prose))
        .map(|seconds| seconds.min(LONGEST_WAIT));
    rejected.status = answer.status;
    rejected.body = answer.body;
    rejected
}

/// A short text that is no mark-up says something; a page of HTML says nothing.
fn plain_text(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let plain = !text.is_empty() && text.len() <= 300 && !text.starts_with(['<', '{', '[']);
    plain.then(|| text.to_owned())
}

fn shorten(text: String) -> String {
    let trimmed = text.trim();
    if trimmed.len() == text.len() && text.len() <= LONGEST {
        return text;
    }
    trimmed.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests;
