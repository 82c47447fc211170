//! What acts are done to.

use domain::{Environment, PartnerId};
use serde_json::Value;
use store::audit::Chain;

use super::Actor;
use crate::App;

/// Something that acts are done to.
pub trait Subject {
    /// The first word of its actions: `merchant` makes `merchant.add`.
    const NOUN: &'static str;

    /// Whose it is; absent = the gateway's as a whole.
    fn partner(&self) -> Option<PartnerId>;

    /// Absent = of both environments.
    fn environment(&self) -> Option<Environment>;

    /// Its id.
    fn target(&self) -> String;

    /// What there is to tell of it: no secret, and nothing of a customer.
    fn facts(&self) -> Value;

    /// A second chain that its acts stand in.
    fn also(&self) -> Option<Chain> {
        None
    }
}

/// What several steps of one transaction have to tell.
#[derive(Debug)]
pub(crate) struct Notes<'a> {
    pub(crate) app: &'a App,
    pub(crate) by: &'a Actor,
    pub(crate) changes: Vec<Change>,
}

impl<'a> Notes<'a> {
    pub(crate) const fn of(app: &'a App, by: &'a Actor) -> Self {
        Self {
            app,
            by,
            changes: Vec::new(),
        }
    }
}

/// One act, as its use case tells it.
#[derive(Debug, Clone)]
pub struct Change {
    pub(super) chain: Chain,
    pub(super) also: Option<Chain>,
    pub(super) environment: Option<Environment>,
    pub(super) action: String,
    pub(super) target: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl Change {
    /// It is new.
    pub fn added<S: Subject>(subject: &S) -> Self {
        Self::of(subject, "add", Value::Null, subject.facts())
    }

    /// It was there and is otherwise now.
    pub fn set<S: Subject>(before: &S, after: &S) -> Self {
        Self::of(after, "set", before.facts(), after.facts())
    }

    /// [`Change::set`], unless there is nothing to tell.
    pub fn if_set<S: Subject>(before: &S, after: &S) -> Option<Self> {
        let change = Self::set(before, after);
        (change.before != change.after).then_some(change)
    }

    /// It is gone.
    pub fn removed<S: Subject>(subject: &S) -> Self {
        Self::of(subject, "remove", subject.facts(), Value::Null)
    }

    /// An act on what is no [`Subject`], of which there is nothing to tell but that it was done.
    pub fn plain(chain: Chain, action: &str, target: String) -> Self {
        Self {
            chain,
            also: None,
            environment: None,
            action: action.to_owned(),
            target,
            before: Value::Null,
            after: Value::Null,
        }
    }

    /// Any other act: `verb` makes `noun.verb`.
    pub fn of<S: Subject>(subject: &S, verb: &str, before: Value, after: Value) -> Self {
        Self {
            chain: subject.partner().map_or(Chain::Gateway, Chain::Partner),
            also: subject.also(),
            environment: subject.environment(),
            action: format!("{}.{verb}", S::NOUN),
            target: subject.target(),
            before,
            after,
        }
    }
}
