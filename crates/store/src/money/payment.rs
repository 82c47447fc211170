//! A payment with what the gateway keeps beside it.

use domain::{Aggregate, Amount, AssignmentId, Msn, OperationId, PartnerId, Payment, PaymentId, Reference};
use time::OffsetDateTime;

use super::convert;
use super::table::payments::Model;
use crate::{Error, Scope};

pub(super) const TABLE: &str = "payments";
/// What sealed columns are bound to besides their row, so that one cannot be put in the other's place.
pub(super) const READING: &str = "payments.reading";
pub(super) const CREATED: &str = "payments.created";

/// Whether Vipps has the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Our create has not come about yet, or was refused: there is no payment to show.
    Expected,
    Present,
    /// A create may have left and no payment came of it: the reference is never used again.
    Burnt,
}

impl Presence {
    const ALL: [Self; 3] = [Self::Expected, Self::Present, Self::Burnt];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Present => "present",
            Self::Burnt => "burnt",
        }
    }
}

/// A payment's row, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    pub payment: Payment,
    pub presence: Presence,
    /// Found by reading after the caller of its create had been told that the outcome is open.
    pub found_late: bool,
    /// The one operation that may still move its money.
    pub busy_with: Option<OperationId>,
    /// Rises with every change of owner.
    pub fence: i64,
    /// Until when an owner works on it; absent or past = anybody may claim it.
    pub lease_until: Option<OffsetDateTime>,
    /// The last GET as it came.
    pub reading: Option<Vec<u8>>,
    /// The answer to create as it came.
    pub created: Option<Vec<u8>>,
}

/// A payment that enters the books.
#[derive(Debug, Clone)]
pub struct NewPayment {
    pub id: PaymentId,
    pub assignment: AssignmentId,
    pub msn: Msn,
    pub reference: Reference,
    pub amount: Amount,
    pub presence: Presence,
    pub at: OffsetDateTime,
}

impl PaymentRecord {
    pub(super) async fn of<M>(scope: &Scope<'_, M>, row: Model) -> Result<Self, Error> {
        let id = row.id;
        let presence = Presence::ALL
            .into_iter()
            .find(|presence| presence.as_str() == row.presence)
            .ok_or_else(|| Error::corrupt(TABLE, id))?;
        let reading = match (row.reading, row.reading_version) {
            (Some(blob), Some(version)) => Some(scope.open(READING, id, version, &blob).await?.to_vec()),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(Error::corrupt(TABLE, id)),
        };
        let created = match row.created {
            Some(blob) => Some(scope.open(CREATED, id, 0, &blob).await?.to_vec()),
            None => None,
        };
        let payment = Payment {
            id: PaymentId::from_uuid(id),
            partner: PartnerId::from_uuid(row.partner_id),
            environment: convert::environment(&row.environment, TABLE, id)?,
            assignment: AssignmentId::from_uuid(row.assignment_id),
            msn: convert::parse(&row.msn, TABLE, id)?,
            reference: convert::parse(&row.reference, TABLE, id)?,
            state: convert::parse(&row.state, TABLE, id)?,
            amount: Amount::new(row.value, convert::parse(&row.currency, TABLE, id)?),
            aggregate: Aggregate {
                authorized: row.authorized,
                captured: row.captured,
                refunded: row.refunded,
                cancelled: row.cancelled,
            },
            psp_reference: row.psp_reference,
            created_at: row.created_at.at(TABLE, id)?,
            version: row.version,
        };
        Ok(Self {
            payment,
            presence,
            found_late: row.found_late,
            busy_with: row.busy_with.map(OperationId::from_uuid),
            fence: row.fence,
            lease_until: row.lease_until.map(|at| at.at(TABLE, id)).transpose()?,
            reading,
            created,
        })
    }
}
