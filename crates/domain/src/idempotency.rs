//! The partner's promise that two requests are the same.

use std::fmt;
use std::str::FromStr;

use crate::{Environment, Msn, PartnerId};

/// `Idempotency-Key` as the caller sent it: 1 to 255 printable ASCII characters, verbatim.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot be an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is 1 to 255 printable ASCII characters")]
pub struct NotAnIdempotencyKey;

impl FromStr for IdempotencyKey {
    type Err = NotAnIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, NotAnIdempotencyKey> {
        let legal = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if legal {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnIdempotencyKey)
        }
    }
}

/// Where a key counts: the same text means something else for another partner, environment or sales unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    pub partner: PartnerId,
    pub environment: Environment,
    pub msn: Msn,
    pub key: IdempotencyKey,
}

/// What the books hold under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Whether the stored fingerprint is that of the request at hand.
    pub same_request: bool,
    pub settled: bool,
}

/// What a request with a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The key is free.
    New,
    /// The same request was settled: its stored answer is the answer.
    Replay,
    /// The same request is open: wait with it.
    Join,
    /// Another request has the key.
    Reused,
}

impl Decision {
    pub const fn of(bound: Option<Bound>) -> Self {
        match bound {
            None => Self::New,
            Some(Bound {
                same_request: false, ..
            }) => Self::Reused,
            Some(Bound { settled: true, .. }) => Self::Replay,
            Some(Bound { settled: false, .. }) => Self::Join,
        }
    }
}
