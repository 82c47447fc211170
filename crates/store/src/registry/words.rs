//! Lists of words in one text column, separated by spaces.

use std::collections::BTreeSet;

use domain::Msn;

use crate::Error;

pub(super) fn join<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
    words.join(" ")
}

pub(super) fn split(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

pub(super) fn join_msns(msns: Option<&BTreeSet<Msn>>) -> Option<String> {
    msns.map(|msns| join(msns.iter().map(Msn::as_str)))
}

/// Absent = every sales unit of the partner; empty = none.
pub(super) fn split_msns(
    text: Option<&str>,
    table: &'static str,
    id: uuid::Uuid,
) -> Result<Option<BTreeSet<Msn>>, Error> {
    let Some(text) = text else { return Ok(None) };
    text.split_ascii_whitespace()
        .map(|word| word.parse().map_err(|_| Error::corrupt(table, id)))
        .collect::<Result<_, _>>()
        .map(Some)
}
