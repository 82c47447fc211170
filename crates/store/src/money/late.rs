//! Payments that came about after the caller of their create had left, until it is decided what becomes of
//! them. Each goes by its create.

use domain::{Environment, OperationId, PartnerId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::convert;
use super::table::late_payments::{ActiveModel, Column, Entity};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, Scope, System};

const TABLE: &str = "late_payments";

/// One that somebody should decide on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueLatePayment {
    pub partner: PartnerId,
    pub environment: Environment,
    /// The create.
    pub operation: OperationId,
    /// How often it was tried.
    pub tries: u32,
    pub found_at: OffsetDateTime,
}

impl Scope<'_, Write> {
    /// Notes that a create came about late, in the transaction that settles it.
    pub async fn add_late_payment(&self, create: OperationId, at: OffsetDateTime) -> Result<(), Error> {
        let row = ActiveModel {
            operation_id: Set(create.uuid()),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            tries: Set(0),
            next_try_at: Set(at.into()),
            found_at: Set(at.into()),
        };
        Entity::insert(row).exec_without_returning(self.conn()).await?;
        Ok(())
    }

    /// Leaves one for later.
    pub async fn put_off_late_payment(
        &self,
        due: &DueLatePayment,
        until: OffsetDateTime,
    ) -> Result<(), Error> {
        let tries = convert::column(due.tries.saturating_add(1));
        Entity::update_many()
            .col_expr(Column::Tries, Expr::value(tries))
            .col_expr(Column::NextTryAt, Expr::value(Moment::from(until)))
            .filter(Column::OperationId.eq(due.operation.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .exec(self.conn())
            .await?;
        Ok(())
    }

    /// It is decided. False when somebody else had decided it before.
    pub async fn end_late_payment(&self, create: OperationId) -> Result<bool, Error> {
        let ended = Entity::delete_many()
            .filter(Column::OperationId.eq(create.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .exec(self.conn())
            .await?;
        Ok(ended.rows_affected > 0)
    }
}

impl<M> System<'_, M> {
    /// Those whose time has come, the longest waiting first.
    pub async fn due_late_payments(
        &self,
        now: OffsetDateTime,
        limit: u64,
    ) -> Result<Vec<DueLatePayment>, Error> {
        Entity::find()
            .filter(Column::NextTryAt.lte(Moment::from(now)))
            .order_by_asc(Column::NextTryAt)
            .limit(limit)
            .all(self.conn())
            .await?
            .into_iter()
            .map(|row| {
                Ok(DueLatePayment {
                    partner: PartnerId::from_uuid(row.partner_id),
                    environment: convert::environment(&row.environment, TABLE, row.operation_id)?,
                    operation: OperationId::from_uuid(row.operation_id),
                    tries: convert::count(row.tries, TABLE, row.operation_id)?,
                    found_at: row.found_at.at(TABLE, row.operation_id)?,
                })
            })
            .collect()
    }
}
