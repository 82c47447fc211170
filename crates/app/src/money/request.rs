//! One request to move money, whatever its kind.

use domain::operation::Kind;
use domain::{
    Amount, CancelFacts, CaptureFacts, CreateFacts, Envelope, Forwarded, IdempotencyKey, Move, Reference,
    RefundFacts, UpstreamKey,
};
use outbound::vipps::prepare;
use time::OffsetDateTime;

use super::fingerprint;
use crate::Allowance;
use crate::served::Served;

/// What the caller wants, checked and with its rights resolved.
#[derive(Debug, Clone)]
pub struct Request {
    pub unit: Served,
    pub reference: Reference,
    pub key: IdempotencyKey,
    pub body: Body,
    /// Until when the caller waits.
    pub until: OffsetDateTime,
    /// The faces' last word, asked when everything else is right.
    pub allowance: Allowance,
}

/// The caller's bytes with the facts of their kind.
#[derive(Debug, Clone)]
pub enum Body {
    Create(Forwarded<CreateFacts>),
    Capture(Forwarded<CaptureFacts>),
    Refund(Forwarded<RefundFacts>),
    Cancel(Forwarded<CancelFacts>),
}

impl Request {
    /// What the fingerprint of this request is of.
    pub(super) fn identity(&self) -> Vec<u8> {
        fingerprint::identity(self.body.kind(), &self.reference, self.body.bytes())
    }
}

impl Body {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Create(_) => Kind::Create,
            Self::Capture(_) => Kind::Capture,
            Self::Refund(_) => Kind::Refund,
            Self::Cancel(_) => Kind::Cancel,
        }
    }

    /// The amount it names; a cancel names none.
    pub(super) const fn amount(&self) -> Option<Amount> {
        match self {
            Self::Create(create) => Some(create.facts.amount),
            Self::Capture(capture) => Some(capture.facts.amount),
            Self::Refund(refund) => Some(refund.facts.amount),
            Self::Cancel(_) => None,
        }
    }

    /// What it does to a payment that exists; a create does nothing to one.
    pub(super) const fn wanted(&self) -> Option<Move> {
        match self {
            Self::Create(_) => None,
            Self::Capture(capture) => Some(Move::Capture(capture.facts.amount)),
            Self::Refund(refund) => Some(Move::Refund(refund.facts.amount)),
            Self::Cancel(cancel) => Some(Move::Cancel {
                transaction_only: cancel.facts.transaction_only,
            }),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Create(create) => &create.body,
            Self::Capture(capture) => &capture.body,
            Self::Refund(refund) => &refund.body,
            Self::Cancel(cancel) => &cancel.body,
        }
    }

    /// The exact request to Vipps.
    pub(super) fn envelope(&self, reference: &Reference, key: &UpstreamKey) -> Envelope {
        match self {
            Self::Create(create) => prepare::create(create, key),
            Self::Capture(capture) => prepare::capture(reference, capture, key),
            Self::Refund(refund) => prepare::refund(reference, refund, key),
            Self::Cancel(cancel) => prepare::cancel(reference, cancel, key),
        }
    }
}
