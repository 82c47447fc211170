//! Bodies that stay here: orders to the gateway itself. Unlike those that go on to Vipps they are closed: a
//! member that nobody knows is a mistake, and is named.

mod credential_mode;
mod credentials;
mod merchant;
mod sales_unit;

pub(crate) use credential_mode::NewMode;
pub(crate) use credentials::{KEYS, keys};
pub(crate) use merchant::business;
pub(crate) use sales_unit::NewUnit;

use crate::body::At;

/// Leaves a fault at every member that is not one of these.
pub(crate) fn only(body: &At<'_>, names: &[&str]) {
    for (name, member) in body.members() {
        if !names.contains(&name) {
            member.fault("unknown", "is no member of this body");
        }
    }
}

/// The value that a word stands for.
pub(crate) fn one_of<T: Copy>(at: &At<'_>, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
    let word = at.text()?;
    let found = all.iter().copied().find(|one| name(*one) == word);
    if found.is_none() {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        at.fault("enum", format!("must be one of {}", names.join(", ")));
    }
    found
}
