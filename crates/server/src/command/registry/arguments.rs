//! Arguments that several nouns share.

use std::collections::BTreeSet;

use app::registry::{AssignmentState, Market, Orphans, PartnerState, Standing, partners};
use app::{App, Scope, Scopes};
use clap::Args;
use domain::{CredentialMode, Environment, Msn, PartnerId};

use super::told;

/// Whose, and in which of Vipps' systems.
#[derive(Debug, Args)]
pub(super) struct Owner {
    /// The partner's id or name.
    #[arg(long, value_name = "PARTNER")]
    partner: String,
    /// `test` or `production`.
    #[arg(long)]
    pub(super) environment: Environment,
}

impl Owner {
    pub(super) async fn partner(&self, app: &App) -> anyhow::Result<PartnerId> {
        Ok(told(partners::find(app, &self.partner).await)?.id)
    }
}

/// List those of one partner, or all.
#[derive(Debug, Args)]
pub struct Whose {
    /// Only those of this partner, by id or name.
    #[arg(long, value_name = "PARTNER")]
    partner: Option<String>,
}

impl Whose {
    pub(super) async fn partner(&self, app: &App) -> anyhow::Result<Option<PartnerId>> {
        match &self.partner {
            Some(partner) => Ok(Some(told(partners::find(app, partner).await)?.id)),
            None => Ok(None),
        }
    }
}

/// `all`, or words separated by spaces or commas; every one must be a scope.
pub(super) fn scopes(text: &str) -> Result<Scopes, String> {
    if text == "all" {
        return Ok(Scopes::all());
    }
    text.split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.parse::<Scope>()
                .map_err(|_| format!("{word:?} is no scope; `all`, or words such as payments:read"))
        })
        .collect()
}

/// `all`, or serial numbers separated by commas; an empty list reaches none.
pub(super) fn msns(text: &str) -> Result<Reach, String> {
    if text == "all" {
        return Ok(Reach::All);
    }
    text.split(',')
        .filter(|msn| !msn.is_empty())
        .map(|msn| msn.parse::<Msn>().map_err(|error| format!("{msn:?}: {error}")))
        .collect::<Result<_, _>>()
        .map(Reach::Only)
}

/// Which sales units a token may reach.
#[derive(Debug, Clone)]
pub enum Reach {
    All,
    Only(BTreeSet<Msn>),
}

impl Reach {
    pub(super) fn into_ceiling(self) -> Option<BTreeSet<Msn>> {
        match self {
            Self::All => None,
            Self::Only(msns) => Some(msns),
        }
    }
}

fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, String> {
    all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        format!("must be one of {}", names.join(", "))
    })
}

pub(super) fn market(text: &str) -> Result<Market, String> {
    named(&Market::ALL, Market::as_str, text)
}

pub(super) fn credential_mode(text: &str) -> Result<CredentialMode, String> {
    named(&CredentialMode::ALL, CredentialMode::as_str, text)
}

pub(super) fn orphans(text: &str) -> Result<Orphans, String> {
    named(&Orphans::ALL, Orphans::as_str, text)
}

pub(super) fn assignment_state(text: &str) -> Result<AssignmentState, String> {
    named(&AssignmentState::ALL, AssignmentState::as_str, text)
}

pub(super) fn standing(text: &str) -> Result<Standing, String> {
    named(&Standing::ALL, Standing::as_str, text)
}

pub(super) fn partner_state(text: &str) -> Result<PartnerState, String> {
    named(&PartnerState::ALL, PartnerState::as_str, text)
}
