//! Lists, one page at a time.

use std::fmt;
use std::str::FromStr;

use domain::{PaymentId, State};
use time::OffsetDateTime;

/// Which payments of a sales unit, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Empty = any state.
    pub states: Vec<State>,
    /// `createdAt` at or after.
    pub from: Option<OffsetDateTime>,
    /// `createdAt` before.
    pub to: Option<OffsetDateTime>,
    pub reference_prefix: Option<String>,
    /// From an earlier page's [`Page::next`].
    pub after: Option<Cursor>,
    /// How many at most.
    pub limit: u32,
}

impl Query {
    /// The longest page.
    pub const MOST: u32 = 100;
}

/// Where a page ended; opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub(crate) PaymentId);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.uuid().simple())
    }
}

/// The text did not come from an earlier page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        if text.len() != 32 {
            return Err(NotACursor);
        }
        uuid::Uuid::try_parse(text)
            .map(|uuid| Self(PaymentId::from_uuid(uuid)))
            .map_err(|_| NotACursor)
    }
}

/// A moment of a cursor: microseconds since 1970.
pub(crate) fn moment(text: &str) -> Result<OffsetDateTime, NotACursor> {
    let micros: i64 = text.parse().map_err(|_| NotACursor)?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| NotACursor)
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Where the next page begins; absent = this was the last.
    pub next: Option<Cursor>,
}
