//! One attempted move of money, with everything a later process needs to settle it.

use domain::operation::resolve::Sent;
use domain::operation::{Kind, Status};
use domain::{
    Amount, AssignmentId, Envelope, Environment, IdempotencyKey, Msn, OperationId, PartnerId, PaymentId,
    Reference, UpstreamKey,
};
use time::OffsetDateTime;

use super::convert;
use super::kept::{self, Answer};
use super::table::operations::Model;
use crate::{Error, Scope};

pub(super) const TABLE: &str = "operations";
pub(super) const ENVELOPE: &str = "operations.envelope";
pub(super) const ANSWER: &str = "operations.answer";

/// Why the caller's key was given free again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nothing had left the house.
    NotSent,
    /// Vipps' no said nothing about the request, or asked for it again.
    Rejected,
}

impl Release {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
        }
    }
}

/// An operation's row, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub id: OperationId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub payment: PaymentId,
    pub assignment: AssignmentId,
    pub msn: Msn,
    pub reference: Reference,
    pub kind: Kind,
    pub status: Status,
    /// Absent for a cancel.
    pub amount: Option<Amount>,
    pub key: IdempotencyKey,
    pub upstream_key: UpstreamKey,
    pub generation: u32,
    /// The client id at Vipps under which it was first sent.
    pub client_id: String,
    /// The exact request: a replay sends this. Without path and body once it was forgotten, which an open
    /// operation never is.
    pub envelope: Envelope,
    /// Vipps' answer. Of an open operation: a no of which it is not known yet whether it is the last word.
    pub answer: Option<Answer>,
    pub release: Option<Release>,
    /// Whether a send may have reached Vipps without an answer that is known.
    pub in_doubt: bool,
    /// How often it may have left.
    pub sends: u32,
    pub sent: Sent,
    /// How often the resolver has looked.
    pub rounds: u32,
    /// A create's 404s since the last send.
    pub missing: u32,
    /// When somebody is to look at it again; absent once settled.
    pub next_step_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
}

impl Operation {
    pub(super) async fn of<M>(scope: &Scope<'_, M>, row: Model) -> Result<Self, Error> {
        let id = row.id;
        let corrupt = || Error::corrupt(TABLE, id);
        let envelope = if row.forgotten_at.is_some() {
            kept::forgotten_envelope()
        } else {
            let envelope = scope.open(ENVELOPE, id, 0, &row.envelope).await?;
            kept::envelope(&envelope).map_err(|_| corrupt())?
        };
        let answer = match row.answer {
            Some(blob) => {
                let answer = scope.open(ANSWER, id, 0, &blob).await?;
                Some(kept::answer(&answer).map_err(|_| corrupt())?)
            }
            None => None,
        };
        let release = match row.release.as_deref() {
            None => None,
            Some("not_sent") => Some(Release::NotSent),
            Some("rejected") => Some(Release::Rejected),
            Some(_) => return Err(corrupt()),
        };
        Ok(Self {
            id: OperationId::from_uuid(id),
            partner: PartnerId::from_uuid(row.partner_id),
            environment: convert::environment(&row.environment, TABLE, id)?,
            payment: PaymentId::from_uuid(row.payment_id),
            assignment: AssignmentId::from_uuid(row.assignment_id),
            msn: convert::parse(&row.msn, TABLE, id)?,
            reference: convert::parse(&row.reference, TABLE, id)?,
            kind: kind(&row.kind).ok_or_else(corrupt)?,
            status: status(&row.status).ok_or_else(corrupt)?,
            amount: convert::amount(row.value, row.currency.as_deref(), TABLE, id)?,
            key: convert::parse(&row.idempotency_key, TABLE, id)?,
            upstream_key: UpstreamKey::from_stored(row.upstream_key),
            generation: convert::count(row.generation, TABLE, id)?,
            client_id: row.client_id,
            envelope,
            answer,
            release,
            in_doubt: row.in_doubt,
            sends: convert::count(row.sends, TABLE, id)?,
            sent: Sent {
                first: row.first_sent_at.at(TABLE, id)?,
                last: row.last_sent_at.at(TABLE, id)?,
            },
            rounds: convert::count(row.rounds, TABLE, id)?,
            missing: convert::count(row.missing, TABLE, id)?,
            next_step_at: row.next_step_at.map(|at| at.at(TABLE, id)).transpose()?,
            created_at: row.created_at.at(TABLE, id)?,
            settled_at: row.settled_at.map(|at| at.at(TABLE, id)).transpose()?,
        })
    }
}

pub(super) fn kind(text: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == text)
}

pub(super) fn status(text: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.as_str() == text)
}
