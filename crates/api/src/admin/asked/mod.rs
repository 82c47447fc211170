//! Bodies that operators send. They are closed: a member that nobody knows is a mistake, and is named.

mod audit;
mod client;
mod customer;
mod import;
mod issuer;
mod key_set;
mod merchant;
mod partner;
mod profile;
mod reason;
mod sales_unit;
mod token;

pub(crate) use audit::Verification;
pub(crate) use client::{ClientChanges, NewClient, NewSecret, Retirement};
pub(crate) use customer::Customer;
pub(crate) use import::Rows;
pub(crate) use issuer::{IssuerChanges, NewIssuer};
pub(crate) use key_set::NewKeySet;
pub(crate) use merchant::{NewMerchant, NewName};
pub(crate) use partner::{NewDays, NewPartner, PartnerChanges};
pub(crate) use profile::{NewProduct, NewProfile};
pub(crate) use reason::Because;
pub(crate) use sales_unit::{NewUnit, UnitChanges};
pub(crate) use token::{NewOperatorRevocation, NewRevocation};

use std::collections::BTreeSet;
use std::str::FromStr;

use app::{Scope, Scopes};
use domain::{Environment, Msn, PartnerId};
use time::Duration;

use crate::asked::one_of;
use crate::body::At;

/// A value that can be parsed, or a fault that says what it must be.
fn parsed<T: FromStr>(at: &At<'_>, message: &str) -> Option<T> {
    let parsed = at.text()?.parse().ok();
    if parsed.is_none() {
        at.fault("format", message);
    }
    parsed
}

fn partner(body: &At<'_>) -> Option<PartnerId> {
    let at = body.field("partnerId").required()?;
    parsed(&at, "must be a partner's id, such as prt_0190…")
}

fn environment(body: &At<'_>) -> Option<Environment> {
    let at = body.field("environment").required()?;
    one_of(&at, &Environment::ALL, Environment::as_str)
}

/// What may stand, if it is right; the outer `None` is a fault.
#[expect(clippy::option_option, reason = "absent and wrong are two different things")]
fn maybe<'a, T>(at: At<'a>, read: impl FnOnce(At<'a>) -> Option<T>) -> Option<Option<T>> {
    match at.optional() {
        Some(at) => read(at).map(Some),
        None => Some(None),
    }
}

/// The words of a list, each of them a scope.
fn scopes(at: &At<'_>) -> Option<Scopes> {
    let words = at.list()?;
    let scopes: Vec<Option<Scope>> = words
        .iter()
        .map(|word| parsed(word, "is no scope; such as payments:read"))
        .collect();
    scopes.into_iter().collect()
}

/// Serial numbers; an empty list reaches none.
fn msns(at: &At<'_>) -> Option<BTreeSet<Msn>> {
    let list = at.list()?;
    let msns: Vec<Option<Msn>> = list
        .iter()
        .map(|msn| parsed(msn, "must be 4 to 10 digits, as text"))
        .collect();
    msns.into_iter().collect()
}

fn seconds(at: &At<'_>) -> Option<Duration> {
    at.integer(1, 86_400, "3600").map(Duration::seconds)
}

/// A JWK set, as the text that is kept.
fn jwks(at: &At<'_>) -> Option<String> {
    at.clone().object()?;
    at.rendered()
}
