//! One owner of a payment's money at a time, across processes: a lease says until when, a fence which.

use domain::operation::resolve::FARTHEST;
use domain::{OperationId, PaymentId};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;
use uuid::Uuid;

use super::table::payments::{Column, Entity};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, Scope};

/// The right to move a payment's money for one operation. It ends at `until`, or when somebody else has
/// claimed the payment: the fence in the row is then higher, and nothing more can be written with this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub payment: PaymentId,
    pub operation: OperationId,
    pub fence: i64,
    pub until: OffsetDateTime,
}

impl Scope<'_, Write> {
    /// Takes a payment that no operation occupies, for a new one. `version` is the one that was read.
    ///
    /// # Errors
    /// [`Error::Stale`] when the row has changed or is occupied.
    pub async fn occupy(
        &self,
        payment: PaymentId,
        version: i64,
        operation: OperationId,
        owner: Uuid,
        until: OffsetDateTime,
    ) -> Result<Held, Error> {
        let changed = Entity::update_many()
            .col_expr(Column::BusyWith, Expr::value(operation.uuid()))
            .col_expr(Column::Owner, Expr::value(owner))
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::LeaseUntil, Expr::value(Moment::from(until)))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(payment.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Version.eq(version))
            .filter(Column::BusyWith.is_null())
            .exec(self.conn())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        self.held(payment, operation, until).await
    }

    /// Takes over an open operation whose owner's lease is over, or ends later than any lease does: that one
    /// was given before the clock was set back. `Ok(None)` = it is not free, or settled.
    pub async fn claim(
        &self,
        payment: PaymentId,
        operation: OperationId,
        owner: Uuid,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Option<Held>, Error> {
        let changed = Entity::update_many()
            .col_expr(Column::Owner, Expr::value(owner))
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::LeaseUntil, Expr::value(Moment::from(until)))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(payment.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::BusyWith.eq(operation.uuid()))
            .filter(
                Column::LeaseUntil
                    .is_null()
                    .or(Column::LeaseUntil.lte(Moment::from(now)))
                    .or(Column::LeaseUntil.gt(Moment::from(now + FARTHEST))),
            )
            .exec(self.conn())
            .await?;
        if changed.rows_affected != 1 {
            return Ok(None);
        }
        self.held(payment, operation, until).await.map(Some)
    }

    /// Extends the lease of an owner that still is one.
    ///
    /// # Errors
    /// [`Error::Stale`] when the payment has another owner.
    pub async fn renew(&self, held: &Held, until: OffsetDateTime) -> Result<Held, Error> {
        self.owned(held, |change| {
            change.col_expr(Column::LeaseUntil, Expr::value(Moment::from(until)))
        })
        .await?;
        Ok(Held { until, ..*held })
    }

    /// Gives the payment free: its operation is settled.
    ///
    /// # Errors
    /// [`Error::Stale`] when the payment has another owner.
    pub async fn vacate(&self, held: &Held) -> Result<(), Error> {
        self.owned(held, |change| {
            change
                .col_expr(Column::BusyWith, Expr::value(Option::<Uuid>::None))
                .col_expr(Column::Owner, Expr::value(Option::<Uuid>::None))
                .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None))
        })
        .await
    }

    /// Ends the ownership and leaves the operation open: anybody may claim it.
    ///
    /// # Errors
    /// [`Error::Stale`] when the payment has another owner.
    pub async fn leave(&self, held: &Held) -> Result<(), Error> {
        self.owned(held, |change| {
            change
                .col_expr(Column::Owner, Expr::value(Option::<Uuid>::None))
                .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None))
        })
        .await
    }

    async fn owned(
        &self,
        held: &Held,
        change: impl FnOnce(sea_orm::UpdateMany<Entity>) -> sea_orm::UpdateMany<Entity>,
    ) -> Result<(), Error> {
        let changed = change(Entity::update_many())
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(held.payment.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::BusyWith.eq(held.operation.uuid()))
            .filter(Column::Fence.eq(held.fence))
            .exec(self.conn())
            .await?;
        if changed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }

    async fn held(
        &self,
        payment: PaymentId,
        operation: OperationId,
        until: OffsetDateTime,
    ) -> Result<Held, Error> {
        let record = self.find_payment_by_id(payment).await?.ok_or(Error::Stale)?;
        Ok(Held {
            payment,
            operation,
            fence: record.fence,
            until,
        })
    }
}
