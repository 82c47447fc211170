//! From columns to values; what is not a legal value is a damaged row.

use std::str::FromStr;

use domain::{Amount, Currency, Environment};

use crate::Error;

/// Parses a text column of the row `id` of `table`.
pub(super) fn parse<T: FromStr>(text: &str, table: &'static str, id: uuid::Uuid) -> Result<T, Error> {
    text.parse().map_err(|_| Error::corrupt(table, id))
}

pub(super) fn environment(text: &str, table: &'static str, id: uuid::Uuid) -> Result<Environment, Error> {
    parse(text, table, id)
}

pub(super) fn amount(
    value: Option<i64>,
    currency: Option<&str>,
    table: &'static str,
    id: uuid::Uuid,
) -> Result<Option<Amount>, Error> {
    match (value, currency) {
        (Some(value), Some(currency)) => {
            let currency: Currency = parse(currency, table, id)?;
            Ok(Some(Amount::new(value, currency)))
        }
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(Error::corrupt(table, id)),
    }
}

/// A counter column; a negative one is damage.
pub(super) fn count(value: i32, table: &'static str, id: uuid::Uuid) -> Result<u32, Error> {
    u32::try_from(value).map_err(|_| Error::corrupt(table, id))
}

/// A counter as a column.
pub(super) fn column(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
