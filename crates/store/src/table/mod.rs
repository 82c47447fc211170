//! The rows as they stand in the tables. They never leave this crate.

#![expect(
    unreachable_pub,
    reason = "sea-orm's derives want public members; the module itself is private to the crate"
)]

use domain::Environment;

use crate::Error;

pub(crate) mod assignments;
pub(crate) mod claims;
pub(crate) mod client_assertions;
pub(crate) mod client_secrets;
pub(crate) mod clients;
pub(crate) mod data_keys;
pub(crate) mod disconnections;
pub(crate) mod fingerprint_keys;
pub(crate) mod issuers;
pub(crate) mod key_sets;
pub(crate) mod merchants;
pub(crate) mod partners;
pub(crate) mod product_profiles;
pub(crate) mod registry_version;
pub(crate) mod retentions;
pub(crate) mod revoked_operator_tokens;
pub(crate) mod revoked_tokens;
pub(crate) mod sales_units;
pub(crate) mod signing_keys;
pub(crate) mod transfers;
pub(crate) mod unit_checks;

/// The variant whose name a text column holds.
pub(crate) fn named<T: Copy>(
    all: &[T],
    name: fn(T) -> &'static str,
    text: &str,
    table: &'static str,
    id: impl ToString,
) -> Result<T, Error> {
    all.iter()
        .copied()
        .find(|variant| name(*variant) == text)
        .ok_or_else(|| Error::corrupt(table, id))
}

/// The environment of a row.
pub(crate) fn environment(text: &str, table: &'static str, id: impl ToString) -> Result<Environment, Error> {
    text.parse().map_err(|_| Error::corrupt(table, id))
}
