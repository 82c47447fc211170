//! Whom to believe: issuers, their keys, our own clients and signing keys. What a token says and whether
//! its signature is good is judged by the face that receives it.

pub mod assertions;
pub mod clients;
mod issuers;
mod jwks;
mod operators;
pub mod signing;
mod tokens;

use std::collections::BTreeSet;

use domain::{Environment, Msn, PartnerId, ProfileId, TraceContext};
use time::OffsetDateTime;

use crate::{Caller, Scopes};

pub use issuers::TrustedIssuer;
pub use jwks::KeySource;
pub use operators::OperatorIssuer;

/// What a verified token stands for: the token cut down to its issuer's ceiling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub partner: PartnerId,
    pub environment: Environment,
    pub scopes: Scopes,
    /// Absent = all of the partner's sales units.
    pub units: Option<BTreeSet<Msn>>,
    pub profile: Option<ProfileId>,
    pub subject: String,
    /// The token is not good after this, skew included.
    pub good_until: OffsetDateTime,
}

impl Identity {
    /// The caller of one request.
    pub fn caller(&self, trace: TraceContext, request_id: String) -> Caller {
        Caller {
            partner: self.partner,
            environment: self.environment,
            scopes: self.scopes.clone(),
            units: self.units.clone(),
            profile: self.profile,
            subject: self.subject.clone(),
            trace,
            request_id,
        }
    }
}

/// What this process remembers of issuers and tokens.
#[derive(Debug)]
pub(crate) struct Identities {
    issuers: issuers::Known,
    keys: jwks::Fetched,
    tokens: tokens::Verified,
    revoked: tokens::Revoked,
    clients: clients::Known,
    signing: signing::Known,
}

impl Identities {
    pub(crate) fn new() -> Self {
        Self {
            issuers: issuers::Known::new(1_000),
            keys: jwks::Fetched::default(),
            tokens: tokens::Verified::new(100_000),
            revoked: tokens::Revoked::new(4),
            clients: clients::Known::new(10_000),
            signing: signing::Known::new(4),
        }
    }
}
