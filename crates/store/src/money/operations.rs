//! Finding and changing operations of one partner, and finding those of all that are due.

use domain::operation::resolve::FARTHEST;
use domain::operation::{Kind, Status};
use domain::{
    AssignmentId, Environment, IdempotencyKey, Msn, OperationId, PartnerId, PaymentId, Reference, Rejected,
};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use super::kept::{self, Answer};
use super::operation::{self, ANSWER, ENVELOPE, Operation, Release, TABLE};
use super::ownership::Held;
use super::table::{attempts, operations};
use super::{convert, keys};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, Scope, System};

/// One send, stored before it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub id: Uuid,
    pub at: OffsetDateTime,
}

/// A send that may have come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendInDoubt {
    /// When it was stored: it left no earlier.
    pub at: OffsetDateTime,
    /// When it was given up: it left no later. Absent = nobody wrote down what became of it.
    pub ended_at: Option<OffsetDateTime>,
}

/// How one send ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Accepted,
    Rejected,
    NotSent,
    Unknown,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// The end of an operation.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// One that is not open.
    pub status: Status,
    pub answer: Option<Answer>,
    /// Set = the caller's key is given free.
    pub release: Option<Release>,
    pub at: OffsetDateTime,
}

/// What is kept of an operation that stays open.
#[derive(Debug, Clone)]
pub struct NextStep {
    pub in_doubt: bool,
    /// Vipps' definite no, while it is not known whether it is the last word.
    pub no: Option<Rejected>,
    pub rounds: u32,
    pub missing: u32,
    /// When it first left, or as long ago as that may have been.
    pub first_sent_at: OffsetDateTime,
    pub at: OffsetDateTime,
}

/// An operation somebody should look at, of whichever partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueOperation {
    pub partner: PartnerId,
    pub environment: Environment,
    pub assignment: AssignmentId,
    pub payment: PaymentId,
    pub operation: OperationId,
}

impl<M> Scope<'_, M> {
    pub async fn find_operation(&self, id: OperationId) -> Result<Option<Operation>, Error> {
        let row = self
            .operations()
            .filter(operations::Column::Id.eq(id.uuid()))
            .one(self.conn())
            .await?;
        match row {
            Some(row) => Operation::of(self, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Kind and value (0 where there is none) of the operations that may still move a payment's money.
    pub async fn open_operations(&self, payment: PaymentId) -> Result<Vec<(Kind, i64)>, Error> {
        self.operations()
            .filter(operations::Column::PaymentId.eq(payment.uuid()))
            .filter(operations::Column::NextStepAt.is_not_null())
            .all(self.conn())
            .await?
            .into_iter()
            .map(|row| {
                let kind = operation::kind(&row.kind).ok_or_else(|| Error::corrupt(TABLE, row.id))?;
                Ok((kind, row.value.unwrap_or(0)))
            })
            .collect()
    }

    /// Operations of this kind and reference under the caller's key that gave the key free again.
    pub async fn released_operations(
        &self,
        msn: &Msn,
        key: &IdempotencyKey,
        kind: Kind,
        reference: &Reference,
    ) -> Result<Vec<domain::operation::generation::Ended>, Error> {
        self.operations()
            .filter(operations::Column::Msn.eq(msn.as_str()))
            .filter(operations::Column::IdempotencyKey.eq(key.as_str()))
            .filter(operations::Column::Kind.eq(kind.as_str()))
            .filter(operations::Column::Reference.eq(reference.as_str()))
            .filter(operations::Column::Release.is_not_null())
            .all(self.conn())
            .await?
            .into_iter()
            .map(|row| {
                Ok(domain::operation::generation::Ended {
                    generation: convert::count(row.generation, TABLE, row.id)?,
                    rejected: row.release.as_deref() == Some(Release::Rejected.as_str()),
                })
            })
            .collect()
    }

    /// When sends of this kind on this reference left, those later than `since`.
    pub async fn sent_times(
        &self,
        msn: &Msn,
        reference: &Reference,
        kind: Kind,
        since: OffsetDateTime,
    ) -> Result<Vec<OffsetDateTime>, Error> {
        attempts::Entity::find()
            .filter(attempts::Column::PartnerId.eq(self.partner().uuid()))
            .filter(attempts::Column::Environment.eq(self.environment().as_str()))
            .filter(attempts::Column::Msn.eq(msn.as_str()))
            .filter(attempts::Column::Reference.eq(reference.as_str()))
            .filter(attempts::Column::Kind.eq(kind.as_str()))
            .filter(attempts::Column::SentAt.gt(Moment::from(since)))
            .all(self.conn())
            .await?
            .into_iter()
            .map(|row| row.sent_at.at("attempts", row.id))
            .collect()
    }

    /// The last send of an operation that may have come about: it was accepted, or its answer is not known.
    pub async fn last_send_in_doubt(&self, operation: OperationId) -> Result<Option<SendInDoubt>, Error> {
        let definite = [Ended::Rejected, Ended::NotSent].map(Ended::as_str);
        attempts::Entity::find()
            .filter(attempts::Column::OperationId.eq(operation.uuid()))
            .filter(attempts::Column::PartnerId.eq(self.partner().uuid()))
            .filter(attempts::Column::Environment.eq(self.environment().as_str()))
            .filter(
                attempts::Column::Outcome
                    .is_null()
                    .or(attempts::Column::Outcome.is_not_in(definite)),
            )
            .order_by_desc(attempts::Column::SentAt)
            .one(self.conn())
            .await?
            .map(|row| {
                let ended_at = row.ended_at.map(|at| at.at("attempts", row.id));
                Ok(SendInDoubt {
                    at: row.sent_at.at("attempts", row.id)?,
                    ended_at: ended_at.transpose()?,
                })
            })
            .transpose()
    }

    fn operations(&self) -> sea_orm::Select<operations::Entity> {
        operations::Entity::find()
            .filter(operations::Column::PartnerId.eq(self.partner().uuid()))
            .filter(operations::Column::Environment.eq(self.environment().as_str()))
    }
}

impl Scope<'_, Write> {
    /// Stores a pending operation and its first send.
    pub async fn add_operation(&self, held: &Held, new: &Operation, attempt: Attempt) -> Result<(), Error> {
        let bytes = kept::of_envelope(&new.envelope).map_err(Error::unavailable)?;
        let envelope = self.seal(ENVELOPE, new.id.uuid(), 0, &bytes).await?;
        let row = operations::ActiveModel {
            id: Set(new.id.uuid()),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            payment_id: Set(new.payment.uuid()),
            assignment_id: Set(new.assignment.uuid()),
            msn: Set(new.msn.as_str().to_owned()),
            reference: Set(new.reference.as_str().to_owned()),
            kind: Set(new.kind.as_str().to_owned()),
            status: Set(Status::Pending.as_str().to_owned()),
            currency: Set(new.amount.map(|amount| amount.currency.as_str().to_owned())),
            value: Set(new.amount.map(|amount| amount.value)),
            idempotency_key: Set(new.key.as_str().to_owned()),
            upstream_key: Set(new.upstream_key.as_str().to_owned()),
            generation: Set(convert::column(new.generation)),
            client_id: Set(new.client_id.clone()),
            envelope: Set(envelope),
            answer: Set(None),
            release: Set(None),
            // Until an answer is known, a process that finds this row must assume that it left.
            in_doubt: Set(true),
            sends: Set(1),
            first_sent_at: Set(attempt.at.into()),
            last_sent_at: Set(attempt.at.into()),
            rounds: Set(0),
            missing: Set(0),
            next_step_at: Set(Some(new.next_step_at.unwrap_or(new.created_at).into())),
            created_at: Set(new.created_at.into()),
            settled_at: Set(None),
            forgotten_at: Set(None),
        };
        operations::Entity::insert(row)
            .exec_without_returning(self.conn())
            .await?;
        self.add_attempt(held, &new.msn, &new.reference, new.kind, attempt)
            .await
    }

    /// Moves the time at which somebody else is to look at an open operation.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is settled.
    pub async fn hold_off(&self, operation: OperationId, until: OffsetDateTime) -> Result<(), Error> {
        let changed = self
            .open_operation(operation)
            .col_expr(operations::Column::NextStepAt, Expr::value(Moment::from(until)))
            .exec(self.conn())
            .await?;
        if changed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }

    /// Stores one more send of an open operation, and when somebody else is to look should this process
    /// die. The owner renews its lease in the same transaction.
    ///
    /// # Errors
    /// [`Error::Stale`] when the operation is settled.
    pub async fn add_send(
        &self,
        held: &Held,
        operation: &Operation,
        attempt: Attempt,
        next_step_at: OffsetDateTime,
    ) -> Result<(), Error> {
        use operations::Column;
        let changed = self
            .open_operation(held.operation)
            .col_expr(Column::InDoubt, Expr::value(true))
            .col_expr(Column::Sends, Expr::col(Column::Sends).add(1))
            .col_expr(Column::LastSentAt, Expr::value(Moment::from(attempt.at)))
            .col_expr(Column::Missing, Expr::value(0))
            .col_expr(Column::NextStepAt, Expr::value(Moment::from(next_step_at)))
            .exec(self.conn())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        self.add_attempt(
            held,
            &operation.msn,
            &operation.reference,
            operation.kind,
            attempt,
        )
        .await
    }

    /// Notes how a send ended.
    pub async fn end_attempt(&self, attempt: Uuid, ended: Ended, at: OffsetDateTime) -> Result<(), Error> {
        attempts::Entity::update_many()
            .col_expr(attempts::Column::EndedAt, Expr::value(Moment::from(at)))
            .col_expr(attempts::Column::Outcome, Expr::value(ended.as_str()))
            .filter(attempts::Column::Id.eq(attempt))
            .filter(attempts::Column::PartnerId.eq(self.partner().uuid()))
            .filter(attempts::Column::Environment.eq(self.environment().as_str()))
            .exec(self.conn())
            .await?;
        Ok(())
    }

    /// Ends an open operation. The owner vacates the payment in the same transaction.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is settled already.
    pub async fn settle(&self, operation: OperationId, settlement: &Settlement) -> Result<(), Error> {
        use operations::Column;
        let answer = self.seal_answer(operation, settlement.answer.as_ref()).await?;
        let changed = self
            .open_operation(operation)
            .col_expr(Column::Status, Expr::value(settlement.status.as_str()))
            .col_expr(Column::Answer, Expr::value(answer))
            .col_expr(
                Column::Release,
                Expr::value(settlement.release.map(Release::as_str)),
            )
            .col_expr(Column::NextStepAt, Expr::value(Option::<i64>::None))
            .col_expr(Column::SettledAt, Expr::value(Moment::from(settlement.at)))
            .exec(self.conn())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        if settlement.release.is_some() {
            keys::free(self, operation).await?;
        }
        Ok(())
    }

    /// Leaves an operation open with an unknown outcome, to be looked at again.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is settled already.
    pub async fn postpone(&self, operation: OperationId, next: NextStep) -> Result<(), Error> {
        use operations::Column;
        let no = self
            .seal_answer(operation, next.no.map(Answer::Rejected).as_ref())
            .await?;
        let changed = self
            .open_operation(operation)
            .col_expr(Column::Status, Expr::value(Status::Unknown.as_str()))
            .col_expr(Column::Answer, Expr::value(no))
            .col_expr(Column::InDoubt, Expr::value(next.in_doubt))
            .col_expr(Column::Rounds, Expr::value(convert::column(next.rounds)))
            .col_expr(Column::Missing, Expr::value(convert::column(next.missing)))
            .col_expr(Column::FirstSentAt, Expr::value(Moment::from(next.first_sent_at)))
            .col_expr(Column::NextStepAt, Expr::value(Moment::from(next.at)))
            .exec(self.conn())
            .await?;
        if changed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }

    async fn seal_answer(
        &self,
        operation: OperationId,
        answer: Option<&Answer>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some(answer) = answer else {
            return Ok(None);
        };
        let bytes = kept::of_answer(answer).map_err(Error::unavailable)?;
        self.seal(ANSWER, operation.uuid(), 0, &bytes).await.map(Some)
    }

    fn open_operation(&self, id: OperationId) -> sea_orm::UpdateMany<operations::Entity> {
        operations::Entity::update_many()
            .filter(operations::Column::Id.eq(id.uuid()))
            .filter(operations::Column::PartnerId.eq(self.partner().uuid()))
            .filter(operations::Column::Environment.eq(self.environment().as_str()))
            .filter(operations::Column::NextStepAt.is_not_null())
    }

    async fn add_attempt(
        &self,
        held: &Held,
        msn: &Msn,
        reference: &Reference,
        kind: Kind,
        attempt: Attempt,
    ) -> Result<(), Error> {
        let row = attempts::ActiveModel {
            id: Set(attempt.id),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            operation_id: Set(held.operation.uuid()),
            msn: Set(msn.as_str().to_owned()),
            reference: Set(reference.as_str().to_owned()),
            kind: Set(kind.as_str().to_owned()),
            fence: Set(held.fence),
            sent_at: Set(attempt.at.into()),
            ended_at: Set(None),
            outcome: Set(None),
        };
        attempts::Entity::insert(row)
            .exec_without_returning(self.conn())
            .await?;
        Ok(())
    }
}

impl<M> System<'_, M> {
    /// Open operations whose time has come, the longest waiting first. One that is due later than any is put
    /// off was put off before the clock was set back: its time has come too.
    pub async fn due_operations(&self, now: OffsetDateTime, limit: u64) -> Result<Vec<DueOperation>, Error> {
        type Due = (Uuid, Uuid, String, Uuid, Uuid);
        let column = operations::Column::NextStepAt;
        let due: Vec<Due> = operations::Entity::find()
            .filter(
                column
                    .lte(Moment::from(now))
                    .or(column.gt(Moment::from(now + FARTHEST))),
            )
            .order_by_asc(operations::Column::NextStepAt)
            .limit(limit)
            .select_only()
            .columns([
                operations::Column::Id,
                operations::Column::PartnerId,
                operations::Column::Environment,
                operations::Column::AssignmentId,
                operations::Column::PaymentId,
            ])
            .into_tuple()
            .all(self.conn())
            .await?;
        due.into_iter()
            .map(|(id, partner, environment, assignment, payment)| {
                Ok(DueOperation {
                    partner: PartnerId::from_uuid(partner),
                    environment: convert::environment(&environment, TABLE, id)?,
                    assignment: AssignmentId::from_uuid(assignment),
                    payment: PaymentId::from_uuid(payment),
                    operation: OperationId::from_uuid(id),
                })
            })
            .collect()
    }

    /// The earliest moment at which an open operation is to be looked at.
    pub async fn next_operation_due(&self) -> Result<Option<OffsetDateTime>, Error> {
        let next: Option<(Uuid, Moment)> = operations::Entity::find()
            .filter(operations::Column::NextStepAt.is_not_null())
            .order_by_asc(operations::Column::NextStepAt)
            .select_only()
            .columns([operations::Column::Id, operations::Column::NextStepAt])
            .into_tuple()
            .one(self.conn())
            .await?;
        next.map(|(id, at)| at.at(TABLE, id)).transpose()
    }
}
