//! Finding and changing payments of one partner.

use domain::{Aggregate, AssignmentId, Payment, PaymentId, Reference, State};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::payment::{CREATED, NewPayment, PaymentRecord, Presence, READING};
use super::table::payments::{ActiveModel, Column, Entity, Model};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, Scope};

/// Which payments of an assignment, newest first.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Empty = any.
    pub states: Vec<State>,
    pub from: Option<OffsetDateTime>,
    pub to: Option<OffsetDateTime>,
    pub reference_prefix: Option<String>,
    /// Only those that entered the books before this one.
    pub before: Option<PaymentId>,
    pub limit: u64,
}

/// What a reading or an answer changes in a payment.
#[derive(Debug, Clone)]
pub struct PaymentUpdate<'a> {
    /// The payment as it is from now on; its `version` is the one that was read.
    pub payment: &'a Payment,
    pub presence: Presence,
    pub found_late: bool,
    /// A GET as it came, to be kept instead of the last one.
    pub reading: Option<&'a [u8]>,
    /// The answer to create as it came.
    pub created: Option<&'a [u8]>,
    pub at: OffsetDateTime,
}

impl<M> Scope<'_, M> {
    pub async fn find_payment(
        &self,
        assignment: AssignmentId,
        reference: &Reference,
    ) -> Result<Option<PaymentRecord>, Error> {
        let row = self
            .payments()
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .filter(Column::Reference.eq(reference.as_str()))
            .one(self.conn())
            .await?;
        self.opened(row).await
    }

    pub async fn find_payment_by_id(&self, id: PaymentId) -> Result<Option<PaymentRecord>, Error> {
        let row = self
            .payments()
            .filter(Column::Id.eq(id.uuid()))
            .one(self.conn())
            .await?;
        self.opened(row).await
    }

    /// Payments that Vipps has, newest first.
    pub async fn list_payments(
        &self,
        assignment: AssignmentId,
        filter: &PaymentFilter,
    ) -> Result<Vec<PaymentRecord>, Error> {
        let mut query = self
            .payments()
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .filter(Column::Presence.eq(Presence::Present.as_str()));
        if !filter.states.is_empty() {
            query = query.filter(Column::State.is_in(filter.states.iter().map(|state| state.as_str())));
        }
        if let Some(from) = filter.from {
            query = query.filter(Column::CreatedAt.gte(Moment::from(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(Column::CreatedAt.lt(Moment::from(to)));
        }
        if let Some(prefix) = &filter.reference_prefix {
            // LIKE would ignore case on one of the two databases.
            let length = i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX);
            let start =
                Func::cust("substr").args([Expr::col(Column::Reference), Expr::val(1), Expr::val(length)]);
            query = query.filter(Expr::from(start).eq(prefix.as_str()));
        }
        if let Some(before) = filter.before {
            query = query.filter(Column::Id.lt(before.uuid()));
        }
        let rows = query
            .order_by_desc(Column::Id)
            .limit(filter.limit)
            .all(self.conn())
            .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            records.push(PaymentRecord::of(self, row).await?);
        }
        Ok(records)
    }

    async fn opened(&self, row: Option<Model>) -> Result<Option<PaymentRecord>, Error> {
        match row {
            Some(row) => PaymentRecord::of(self, row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn payments(&self) -> sea_orm::Select<Entity> {
        Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
    }
}

impl Scope<'_, Write> {
    /// # Errors
    /// [`Error::Duplicate`] `uq_payments_reference` when the assignment has the reference.
    pub async fn add_payment(&self, new: &NewPayment) -> Result<(), Error> {
        let sums = Aggregate::default();
        let row = ActiveModel {
            id: Set(new.id.uuid()),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            assignment_id: Set(new.assignment.uuid()),
            msn: Set(new.msn.as_str().to_owned()),
            reference: Set(new.reference.as_str().to_owned()),
            presence: Set(new.presence.as_str().to_owned()),
            found_late: Set(false),
            state: Set(State::Created.as_str().to_owned()),
            currency: Set(new.amount.currency.as_str().to_owned()),
            value: Set(new.amount.value),
            authorized: Set(sums.authorized),
            captured: Set(sums.captured),
            refunded: Set(sums.refunded),
            cancelled: Set(sums.cancelled),
            psp_reference: Set(None),
            reading: Set(None),
            reading_version: Set(None),
            created: Set(None),
            created_at: Set(new.at.into()),
            updated_at: Set(new.at.into()),
            version: Set(1),
            busy_with: Set(None),
            owner: Set(None),
            fence: Set(0),
            lease_until: Set(None),
            erased_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(self.conn()).await?;
        Ok(())
    }

    /// Writes what was learnt about a payment and raises its version.
    ///
    /// # Errors
    /// [`Error::Stale`] when the row is no longer at the version that was read.
    pub async fn save_payment(&self, update: &PaymentUpdate<'_>) -> Result<(), Error> {
        let payment = update.payment;
        let id = payment.id.uuid();
        let next = payment.version + 1;
        let mut change = Entity::update_many()
            .col_expr(Column::Presence, Expr::value(update.presence.as_str()))
            .col_expr(Column::FoundLate, Expr::value(update.found_late))
            .col_expr(Column::State, Expr::value(payment.state.as_str()))
            .col_expr(Column::Currency, Expr::value(payment.amount.currency.as_str()))
            .col_expr(Column::Value, Expr::value(payment.amount.value))
            .col_expr(Column::Authorized, Expr::value(payment.aggregate.authorized))
            .col_expr(Column::Captured, Expr::value(payment.aggregate.captured))
            .col_expr(Column::Refunded, Expr::value(payment.aggregate.refunded))
            .col_expr(Column::Cancelled, Expr::value(payment.aggregate.cancelled))
            .col_expr(Column::PspReference, Expr::value(payment.psp_reference.clone()))
            .col_expr(Column::CreatedAt, Expr::value(Moment::from(payment.created_at)))
            .col_expr(Column::UpdatedAt, Expr::value(Moment::from(update.at)))
            .col_expr(Column::Version, Expr::value(next));
        if let Some(reading) = update.reading {
            let blob = self.seal(READING, id, next, reading).await?;
            change = change
                .col_expr(Column::Reading, unless_erased(Some(blob)))
                .col_expr(Column::ReadingVersion, unless_erased(Some(next)));
        }
        if let Some(created) = update.created {
            let blob = self.seal(CREATED, id, 0, created).await?;
            change = change.col_expr(Column::Created, unless_erased(Some(blob)));
        }
        let changed = change
            .filter(Column::Id.eq(id))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Version.eq(payment.version))
            .exec(self.conn())
            .await?;
        if changed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }

    /// Reuses the row of a create that never came about for a new create.
    ///
    /// # Errors
    /// [`Error::Stale`] when the row is no longer at that version, busy, or no longer merely expected.
    pub async fn expect_again(
        &self,
        payment: &Payment,
        amount: domain::Amount,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        let changed = Entity::update_many()
            .col_expr(Column::Currency, Expr::value(amount.currency.as_str()))
            .col_expr(Column::Value, Expr::value(amount.value))
            .col_expr(Column::CreatedAt, Expr::value(Moment::from(at)))
            .col_expr(Column::UpdatedAt, Expr::value(Moment::from(at)))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(payment.id.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Presence.eq(Presence::Expected.as_str()))
            .filter(Column::BusyWith.is_null())
            .filter(Column::Version.eq(payment.version))
            .exec(self.conn())
            .await?;
        if changed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}

/// What Vipps says about a payment whose customer was erased is not kept.
fn unless_erased<T>(value: Option<T>) -> Expr
where
    Option<T>: Into<sea_orm::Value>,
{
    Expr::case(Expr::col(Column::ErasedAt).is_null(), Expr::value(value))
        .finally(Expr::value(Option::<T>::None))
        .into()
}
