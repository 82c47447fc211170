//! Who asks, and what that allows.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use domain::{Environment, Msn, PartnerId, ProfileId, TraceContext};

use crate::Error;
use crate::audit::{Actor, Executor};

/// What a token may be good for. Each operation of the API names exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    PaymentsRead,
    PaymentsCreate,
    PaymentsCapture,
    PaymentsRefund,
    PaymentsCancel,
    PaymentsApprove,
    SessionsRead,
    SessionsWrite,
    ReceiptsRead,
    ReceiptsWrite,
    EventsRead,
    WebhooksManage,
    MerchantsRead,
    MerchantsManage,
    ReportsRead,
}

impl Scope {
    pub const ALL: [Self; 15] = [
        Self::PaymentsRead,
        Self::PaymentsCreate,
        Self::PaymentsCapture,
        Self::PaymentsRefund,
        Self::PaymentsCancel,
        Self::PaymentsApprove,
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::ReceiptsRead,
        Self::ReceiptsWrite,
        Self::EventsRead,
        Self::WebhooksManage,
        Self::MerchantsRead,
        Self::MerchantsManage,
        Self::ReportsRead,
    ];

    /// The word in the claim `scope`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentsRead => "payments:read",
            Self::PaymentsCreate => "payments:create",
            Self::PaymentsCapture => "payments:capture",
            Self::PaymentsRefund => "payments:refund",
            Self::PaymentsCancel => "payments:cancel",
            Self::PaymentsApprove => "payments:approve",
            Self::SessionsRead => "sessions:read",
            Self::SessionsWrite => "sessions:write",
            Self::ReceiptsRead => "receipts:read",
            Self::ReceiptsWrite => "receipts:write",
            Self::EventsRead => "events:read",
            Self::WebhooksManage => "webhooks:manage",
            Self::MerchantsRead => "merchants:read",
            Self::MerchantsManage => "merchants:manage",
            Self::ReportsRead => "reports:read",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no scope of this gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a scope of this gateway")]
pub struct NotAScope;

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(NotAScope)
    }
}

/// The scopes of one token: those it names, cut down to its issuer's ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Reads the claim `scope`: words separated by spaces. Words that this gateway does not know grant
    /// nothing, because one issuer may serve several services.
    pub fn from_claim(claim: &str) -> Self {
        claim
            .split_ascii_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect()
    }

    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Those that both have.
    #[must_use]
    pub fn within(&self, ceiling: &Self) -> Self {
        self.0.intersection(&ceiling.0).copied().collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().collect())
    }
}

/// The authenticated partner of one request. Only the identity check of the faces makes one.
#[derive(Debug, Clone)]
pub struct Caller {
    pub partner: PartnerId,
    pub environment: Environment,
    pub scopes: Scopes,
    /// The sales units the token is narrowed to; absent = all of the partner's.
    pub units: Option<BTreeSet<Msn>>,
    /// The product behind the token, when its client names one.
    pub profile: Option<ProfileId>,
    /// The claim `sub`.
    pub subject: String,
    pub trace: TraceContext,
    /// Our own name for the request, repeated in answers and logs.
    pub request_id: String,
}

impl Caller {
    /// # Errors
    /// [`Error::Forbidden`] when the token lacks the scope.
    pub fn demand(&self, scope: Scope) -> Result<(), Error> {
        if self.scopes.contains(scope) {
            Ok(())
        } else {
            Err(Error::Forbidden(scope))
        }
    }

    /// For changes that are about the partner as a whole.
    ///
    /// # Errors
    /// [`Error::Narrowed`] when the token is narrowed to some sales units.
    pub fn demand_all_units(&self) -> Result<(), Error> {
        if self.units.is_none() {
            Ok(())
        } else {
            Err(Error::Narrowed)
        }
    }

    /// Whoever holds the token, for the audit.
    pub fn actor(&self) -> Actor {
        Actor::new(&self.subject, Executor::PartnerApi)
    }

    /// Whether the token reaches this sales unit at all.
    pub fn reaches(&self, msn: &Msn) -> bool {
        self.units.as_ref().is_none_or(|units| units.contains(msn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_in_the_claim_grants_nothing_and_hurts_nothing() {
        let scopes = Scopes::from_claim("payments:read  openid payments:capture");
        assert!(scopes.contains(Scope::PaymentsRead));
        assert_eq!(scopes.iter().count(), 2);
        let ceiling: Scopes = [Scope::PaymentsCapture, Scope::PaymentsRefund]
            .into_iter()
            .collect();
        assert_eq!(
            scopes.within(&ceiling).iter().collect::<Vec<_>>(),
            [Scope::PaymentsCapture]
        );
    }
}
