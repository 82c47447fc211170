//! The outbox of receipts: stored when asked for, sent later, once.

use domain::receipt::{Abandoned, Status};
use domain::{Amount, AssignmentId, Environment, Msn, PartnerId, PaymentId, ReceiptId, Reference, Rejected};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert;
use super::kept::{self, Answer};
use super::table::receipts::{ActiveModel, Column, Entity, Model};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, Scope, System, table};

const TABLE: &str = "receipts";
const BODY: &str = "receipts.body";
const REASON: &str = "receipts.reason";
const PURPOSE: &str = "receipt";

/// A receipt's row, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRecord {
    pub id: ReceiptId,
    pub payment: PaymentId,
    pub assignment: AssignmentId,
    pub msn: Msn,
    pub reference: Reference,
    pub status: Status,
    /// The sum of the lines with tax.
    pub sum: Amount,
    /// Empty once it was forgotten.
    pub body: Vec<u8>,
    /// Why it was refused, or why the last try did not succeed.
    pub reason: Option<Rejected>,
    /// Why nobody tries any more.
    pub abandoned: Option<Abandoned>,
    pub tries: u32,
    pub fence: i64,
    pub created_at: OffsetDateTime,
    pub ended_at: Option<OffsetDateTime>,
}

/// A receipt that is to go out.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    pub id: ReceiptId,
    pub payment: PaymentId,
    pub assignment: AssignmentId,
    pub msn: Msn,
    pub reference: Reference,
    pub sum: Amount,
    pub body: Vec<u8>,
    pub at: OffsetDateTime,
}

/// A receipt whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReceipt {
    pub partner: PartnerId,
    pub environment: Environment,
    pub receipt: ReceiptId,
}

/// What became of one try.
#[derive(Debug, Clone)]
pub enum ReceiptEnd {
    Sent {
        at: OffsetDateTime,
    },
    Refused {
        reason: Rejected,
        at: OffsetDateTime,
    },
    Later {
        reason: Option<Rejected>,
        at: OffsetDateTime,
    },
    /// Nobody tries any more. What the last try was told is kept.
    Abandoned {
        why: Abandoned,
        at: OffsetDateTime,
    },
}

impl<M> Scope<'_, M> {
    pub async fn find_receipt(&self, payment: PaymentId) -> Result<Option<ReceiptRecord>, Error> {
        let row = self
            .receipts()
            .filter(Column::PaymentId.eq(payment.uuid()))
            .one(self.conn())
            .await?;
        match row {
            Some(row) => record(self, row).await.map(Some),
            None => Ok(None),
        }
    }

    fn receipts(&self) -> sea_orm::Select<Entity> {
        Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
    }
}

impl Scope<'_, Write> {
    /// Queues a receipt.
    ///
    /// # Errors
    /// [`Error::Duplicate`] `uq_receipts_payment` when the payment has one.
    pub async fn add_receipt(&self, new: &NewReceipt) -> Result<(), Error> {
        let row = ActiveModel {
            id: Set(new.id.uuid()),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            payment_id: Set(new.payment.uuid()),
            assignment_id: Set(new.assignment.uuid()),
            msn: Set(new.msn.as_str().to_owned()),
            reference: Set(new.reference.as_str().to_owned()),
            status: Set(Status::Queued.as_str().to_owned()),
            fingerprint: Set(self.keyring().fingerprint(PURPOSE, &new.body)),
            currency: Set(new.sum.currency.as_str().to_owned()),
            sum: Set(new.sum.value),
            body: Set(self.seal(BODY, new.id.uuid(), 0, &new.body).await?),
            reason: Set(None),
            tries: Set(0),
            next_try_at: Set(Some(new.at.into())),
            fence: Set(0),
            lease_until: Set(None),
            created_at: Set(new.at.into()),
            ended_at: Set(None),
            forgotten_at: Set(None),
            abandoned: Set(None),
        };
        Entity::insert(row).exec_without_returning(self.conn()).await?;
        Ok(())
    }

    /// Removes a receipt that was refused or abandoned, so that another can take its place.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is neither any more.
    pub async fn drop_receipt(&self, receipt: ReceiptId) -> Result<(), Error> {
        let dropped = Entity::delete_many()
            .filter(Column::Id.eq(receipt.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Status.eq(Status::Refused.as_str()))
            .exec(self.conn())
            .await?;
        one(dropped.rows_affected)
    }

    /// Takes a queued receipt for one try. `Ok(None)` = somebody else has it, or it has ended.
    pub async fn claim_receipt(
        &self,
        receipt: ReceiptId,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Option<ReceiptRecord>, Error> {
        let changed = Entity::update_many()
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .col_expr(Column::LeaseUntil, Expr::value(Moment::from(until)))
            // Should this process die, it is due again when the lease is over.
            .col_expr(Column::NextTryAt, Expr::value(Moment::from(until)))
            .filter(Column::Id.eq(receipt.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::NextTryAt.lte(Moment::from(now)))
            .filter(
                Column::LeaseUntil
                    .is_null()
                    .or(Column::LeaseUntil.lte(Moment::from(now))),
            )
            .exec(self.conn())
            .await?;
        if changed.rows_affected != 1 {
            return Ok(None);
        }
        let row = self
            .receipts()
            .filter(Column::Id.eq(receipt.uuid()))
            .one(self.conn())
            .await?;
        match row {
            Some(row) => record(self, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Moves the next try of a receipt that could not be claimed, if it is still due. What is sealed in
    /// the row is not opened: it may be what is wrong with it.
    pub async fn set_receipt_aside(
        &self,
        receipt: ReceiptId,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::NextTryAt, Expr::value(Moment::from(until)))
            .filter(Column::Id.eq(receipt.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::NextTryAt.lte(Moment::from(now)))
            .exec(self.conn())
            .await?;
        Ok(())
    }

    /// Notes what became of a try.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else has claimed it since.
    pub async fn end_receipt_try(&self, claimed: &ReceiptRecord, end: &ReceiptEnd) -> Result<(), Error> {
        let id = claimed.id.uuid();
        let (status, reason, next, ended) = match end {
            ReceiptEnd::Sent { at } => (Status::Sent, None, None, Some(Moment::from(*at))),
            ReceiptEnd::Refused { reason, at } => {
                (Status::Refused, Some(reason), None, Some(Moment::from(*at)))
            }
            ReceiptEnd::Later { reason, at } => {
                (Status::Queued, reason.as_ref(), Some(Moment::from(*at)), None)
            }
            // The previous release knows no other word for what is over without being sent.
            ReceiptEnd::Abandoned { at, .. } => (
                Status::Refused,
                claimed.reason.as_ref(),
                None,
                Some(Moment::from(*at)),
            ),
        };
        let abandoned = match end {
            ReceiptEnd::Abandoned { why, .. } => Some(why.as_str()),
            ReceiptEnd::Sent { .. } | ReceiptEnd::Refused { .. } | ReceiptEnd::Later { .. } => None,
        };
        let reason = match reason {
            Some(rejected) => {
                let bytes =
                    kept::of_answer(&Answer::Rejected(rejected.clone())).map_err(Error::unavailable)?;
                Some(self.seal(REASON, id, 0, &bytes).await?)
            }
            None => None,
        };
        let changed = Entity::update_many()
            .col_expr(Column::Status, Expr::value(status.as_str()))
            .col_expr(Column::Abandoned, Expr::value(abandoned))
            .col_expr(Column::Reason, Expr::value(reason))
            .col_expr(Column::NextTryAt, Expr::value(next.map(|at| at.0)))
            .col_expr(Column::EndedAt, Expr::value(ended.map(|at| at.0)))
            .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None))
            .filter(Column::Id.eq(id))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Fence.eq(claimed.fence))
            .filter(Column::Status.eq(Status::Queued.as_str()))
            .exec(self.conn())
            .await?;
        one(changed.rows_affected)
    }
}

impl<M> System<'_, M> {
    /// Receipts whose time has come, the longest waiting first.
    pub async fn due_receipts(&self, now: OffsetDateTime, limit: u64) -> Result<Vec<DueReceipt>, Error> {
        let due: Vec<(Uuid, Uuid, String)> = Entity::find()
            .filter(Column::NextTryAt.lte(Moment::from(now)))
            .order_by_asc(Column::NextTryAt)
            .limit(limit)
            .select_only()
            .columns([Column::Id, Column::PartnerId, Column::Environment])
            .into_tuple()
            .all(self.conn())
            .await?;
        due.into_iter()
            .map(|(id, partner, environment)| {
                Ok(DueReceipt {
                    partner: PartnerId::from_uuid(partner),
                    environment: convert::environment(&environment, TABLE, id)?,
                    receipt: ReceiptId::from_uuid(id),
                })
            })
            .collect()
    }
}

fn one(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Stale) }
}

async fn record<M>(scope: &Scope<'_, M>, row: Model) -> Result<ReceiptRecord, Error> {
    let id = row.id;
    let reason = match row.reason {
        Some(blob) => match kept::answer(&scope.open(REASON, id, 0, &blob).await?) {
            Ok(Answer::Rejected(rejected)) => Some(rejected),
            Ok(Answer::Accepted(_)) | Err(_) => return Err(Error::corrupt(TABLE, id)),
        },
        None => None,
    };
    let body = match row.forgotten_at {
        Some(_) => Vec::new(),
        None => scope.open(BODY, id, 0, &row.body).await?.to_vec(),
    };
    let abandoned = row
        .abandoned
        .as_ref()
        .map(|word| table::named(&Abandoned::ALL, Abandoned::as_str, word, TABLE, id))
        .transpose()?;
    let status = match abandoned {
        Some(_) => Status::Abandoned,
        None => table::named(&Status::ALL, Status::as_str, &row.status, TABLE, id)?,
    };
    Ok(ReceiptRecord {
        id: ReceiptId::from_uuid(id),
        payment: PaymentId::from_uuid(row.payment_id),
        assignment: AssignmentId::from_uuid(row.assignment_id),
        msn: convert::parse(&row.msn, TABLE, id)?,
        reference: convert::parse(&row.reference, TABLE, id)?,
        status,
        sum: Amount::new(row.sum, convert::parse(&row.currency, TABLE, id)?),
        body,
        reason,
        abandoned,
        tries: convert::count(row.tries, TABLE, id)?,
        fence: row.fence,
        created_at: row.created_at.at(TABLE, id)?,
        ended_at: row.ended_at.map(|at| at.at(TABLE, id)).transpose()?,
    })
}
