//! Time as a column.

use sea_orm::DeriveValueType;
use time::OffsetDateTime;

use crate::Error;

/// Microseconds since 1970 in UTC: the one form that both databases keep exactly, compare and sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Moment(pub(crate) i64);

impl From<OffsetDateTime> for Moment {
    fn from(at: OffsetDateTime) -> Self {
        let micros = at.unix_timestamp_nanos().div_euclid(1_000);
        // OffsetDateTime ends in the year 9999, far inside an i64 of microseconds.
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl Moment {
    /// The time of a row; `table` and `id` name the row when it is not one.
    pub(crate) fn at(self, table: &'static str, id: impl ToString) -> Result<OffsetDateTime, Error> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .map_err(|_| Error::corrupt(table, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_keeps_microseconds_and_order() {
        let at = time::macros::datetime!(2026-04-01 12:00:00.123456 UTC);
        let moment = Moment::from(at);
        assert_eq!(moment.at("x", 1).unwrap(), at);
        assert!(Moment::from(at + time::Duration::microseconds(1)) > moment);
        assert_eq!(moment.0, 1_775_044_800_123_456);
    }
}
