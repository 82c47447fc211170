//! Taking bodies away and leaving the facts: when they are too old, or when a customer is erased.
//!
//! Amounts, states, times, references, keys and fingerprints stay. What is open stays whole: a replay sends its
//! very bytes, and its answer is not known yet.

use domain::PaymentId;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::table::{customers, operations, payments, receipts};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, Scope};

/// How many rows lost their bodies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub payments: u64,
    pub operations: u64,
    pub receipts: u64,
}

impl Forgotten {
    pub const fn all(&self) -> u64 {
        self.payments + self.operations + self.receipts
    }
}

/// What became of the payments of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    pub payments: u64,
    pub operations: u64,
    pub receipts: u64,
    /// Payments with an open operation or a receipt on its way; they are whole, and still found.
    pub open: Vec<PaymentId>,
}

impl<M> Scope<'_, M> {
    /// The payments that a customer's number stands in; `phones` = its fingerprint under every key.
    pub async fn payments_of_customer(&self, phones: &[String]) -> Result<Vec<PaymentId>, Error> {
        let ids: Vec<Uuid> = customers::Entity::find()
            .filter(customers::Column::PartnerId.eq(self.partner().uuid()))
            .filter(customers::Column::Environment.eq(self.environment().as_str()))
            .filter(customers::Column::Phone.is_in(phones))
            .select_only()
            .column(customers::Column::PaymentId)
            .distinct()
            .into_tuple()
            .all(self.conn())
            .await?;
        Ok(ids.into_iter().map(PaymentId::from_uuid).collect())
    }
}

impl Scope<'_, Write> {
    /// Notes that a customer's number stands in what is kept of a payment; `phone` = its fingerprint. Of one whose
    /// customer was erased nothing is kept, and nobody is noted.
    pub async fn note_customer(&self, payment: PaymentId, phone: &str) -> Result<(), Error> {
        use sea_orm::ActiveValue::Set;
        let erased = payments::Entity::find()
            .filter(self.own_payments())
            .filter(payments::Column::Id.eq(payment.uuid()))
            .filter(payments::Column::ErasedAt.is_not_null())
            .count(self.conn())
            .await?;
        if erased > 0 {
            return Ok(());
        }
        let row = customers::ActiveModel {
            payment_id: Set(payment.uuid()),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            phone: Set(phone.to_owned()),
        };
        customers::Entity::insert(row)
            .on_conflict(sea_orm::sea_query::OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(self.conn())
            .await?;
        Ok(())
    }

    /// Takes the bodies of up to `limit` rows of each kind that came to their end before `before`. Which kind
    /// of a payment comes last does not matter: the index's rows go with the last of its bodies.
    pub async fn forget_bodies(
        &self,
        before: OffsetDateTime,
        at: OffsetDateTime,
        limit: u64,
    ) -> Result<Forgotten, Error> {
        let before = Moment::from(before);
        let old: Vec<(Uuid, Uuid)> = operations::Entity::find()
            .filter(self.own_operations())
            .filter(operations::Column::SettledAt.lt(before))
            .filter(operations::Column::ForgottenAt.is_null())
            .select_only()
            .columns([operations::Column::Id, operations::Column::PaymentId])
            .limit(limit)
            .into_tuple()
            .all(self.conn())
            .await?;
        let (old, mut touched): (Vec<_>, Vec<_>) = old.into_iter().unzip();
        let operations = self
            .forget_operations(operations::Column::Id.is_in(old), at)
            .await?;
        let old: Vec<(Uuid, Uuid)> = receipts::Entity::find()
            .filter(self.own_receipts())
            .filter(receipts::Column::EndedAt.lt(before))
            .filter(receipts::Column::ForgottenAt.is_null())
            .select_only()
            .columns([receipts::Column::Id, receipts::Column::PaymentId])
            .limit(limit)
            .into_tuple()
            .all(self.conn())
            .await?;
        let (old, of): (Vec<_>, Vec<_>) = old.into_iter().unzip();
        touched.extend(of);
        let receipts = self.forget_receipts(receipts::Column::Id.is_in(old), at).await?;
        let old: Vec<Uuid> = payments::Entity::find()
            .filter(self.own_payments())
            .filter(payments::Column::CreatedAt.lt(before))
            .filter(payments::Column::UpdatedAt.lt(before))
            .filter(payments::Column::BusyWith.is_null())
            .filter(
                payments::Column::Reading
                    .is_not_null()
                    .or(payments::Column::Created.is_not_null()),
            )
            .select_only()
            .column(payments::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(self.conn())
            .await?;
        let payments = self.forget_payments(&old, before).await?;
        touched.extend(old);
        self.forget_customers(touched).await?;
        Ok(Forgotten {
            payments,
            operations,
            receipts,
        })
    }

    /// Takes everything about the customer out of these payments; amounts, states and references stay. From
    /// now on no answer of Vipps about them is kept either.
    pub async fn erase_customer(&self, found: &[PaymentId], at: OffsetDateTime) -> Result<Erased, Error> {
        let mut erased = Erased::default();
        for payment in found {
            let id = payment.uuid();
            let marked = payments::Entity::update_many()
                .col_expr(payments::Column::ErasedAt, Expr::value(Moment::from(at)))
                .col_expr(payments::Column::Reading, Expr::value(Option::<Vec<u8>>::None))
                .col_expr(payments::Column::ReadingVersion, Expr::value(Option::<i64>::None))
                .col_expr(payments::Column::Created, Expr::value(Option::<Vec<u8>>::None))
                .filter(self.own_payments())
                .filter(payments::Column::Id.eq(id))
                .filter(payments::Column::BusyWith.is_null())
                .filter(
                    Expr::exists(
                        Query::select()
                            .expr(Expr::value(1))
                            .from(receipts::Entity)
                            .and_where(receipts::Column::PaymentId.eq(id))
                            .and_where(receipts::Column::NextTryAt.is_not_null())
                            .to_owned(),
                    )
                    .not(),
                )
                .exec(self.conn())
                .await?;
            if marked.rows_affected != 1 {
                erased.open.push(*payment);
                continue;
            }
            erased.payments += 1;
            erased.operations += self
                .forget_operations(operations::Column::PaymentId.eq(id), at)
                .await?;
            erased.receipts += self
                .forget_receipts(receipts::Column::PaymentId.eq(id), at)
                .await?;
            self.forget_customers(vec![id]).await?;
        }
        Ok(erased)
    }

    async fn forget_operations(
        &self,
        which: impl sea_orm::sea_query::IntoCondition,
        at: OffsetDateTime,
    ) -> Result<u64, Error> {
        let forgotten = operations::Entity::update_many()
            .col_expr(operations::Column::Envelope, Expr::value(Vec::<u8>::new()))
            .col_expr(operations::Column::Answer, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(operations::Column::ForgottenAt, Expr::value(Moment::from(at)))
            .filter(self.own_operations())
            .filter(which.into_condition())
            .filter(operations::Column::ForgottenAt.is_null())
            // Settled: never one that is open.
            .filter(operations::Column::NextStepAt.is_null())
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }

    async fn forget_receipts(
        &self,
        which: impl sea_orm::sea_query::IntoCondition,
        at: OffsetDateTime,
    ) -> Result<u64, Error> {
        let forgotten = receipts::Entity::update_many()
            .col_expr(receipts::Column::Body, Expr::value(Vec::<u8>::new()))
            .col_expr(receipts::Column::Reason, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(receipts::Column::ForgottenAt, Expr::value(Moment::from(at)))
            .filter(self.own_receipts())
            .filter(which.into_condition())
            .filter(receipts::Column::ForgottenAt.is_null())
            .filter(receipts::Column::NextTryAt.is_null())
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }

    async fn forget_payments(&self, old: &[Uuid], before: Moment) -> Result<u64, Error> {
        let forgotten = payments::Entity::update_many()
            .col_expr(payments::Column::Reading, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(payments::Column::ReadingVersion, Expr::value(Option::<i64>::None))
            .col_expr(payments::Column::Created, Expr::value(Option::<Vec<u8>>::None))
            .filter(self.own_payments())
            .filter(payments::Column::Id.is_in(old.iter().copied()))
            // Nobody has begun anything with it since it was chosen.
            .filter(payments::Column::UpdatedAt.lt(before))
            .filter(payments::Column::BusyWith.is_null())
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }

    /// Of these payments, the index holds none of which no body is kept.
    async fn forget_customers(&self, mut of: Vec<Uuid>) -> Result<(), Error> {
        of.sort_unstable();
        of.dedup();
        if of.is_empty() {
            return Ok(());
        }
        // Whoever begins an operation changes its payment first, so it waits here, or is waited for and seen below:
        // no row of the index goes that it has just noted.
        let _locked: Vec<Uuid> = payments::Entity::find()
            .filter(self.own_payments())
            .filter(payments::Column::Id.is_in(of.iter().copied()))
            .order_by_asc(payments::Column::Id)
            .lock_exclusive()
            .select_only()
            .column(payments::Column::Id)
            .into_tuple()
            .all(self.conn())
            .await?;
        let payment = (customers::Entity, customers::Column::PaymentId);
        let operations = Query::select()
            .expr(Expr::value(1))
            .from(operations::Entity)
            .and_where(Expr::col((operations::Entity, operations::Column::PaymentId)).equals(payment))
            .and_where(Expr::col((operations::Entity, operations::Column::ForgottenAt)).is_null())
            .to_owned();
        let receipts = Query::select()
            .expr(Expr::value(1))
            .from(receipts::Entity)
            .and_where(Expr::col((receipts::Entity, receipts::Column::PaymentId)).equals(payment))
            .and_where(Expr::col((receipts::Entity, receipts::Column::ForgottenAt)).is_null())
            .to_owned();
        let payments = Query::select()
            .expr(Expr::value(1))
            .from(payments::Entity)
            .and_where(Expr::col((payments::Entity, payments::Column::Id)).equals(payment))
            .cond_where(
                Condition::any()
                    .add(Expr::col((payments::Entity, payments::Column::Reading)).is_not_null())
                    .add(Expr::col((payments::Entity, payments::Column::Created)).is_not_null()),
            )
            .to_owned();
        customers::Entity::delete_many()
            .filter(customers::Column::PartnerId.eq(self.partner().uuid()))
            .filter(customers::Column::Environment.eq(self.environment().as_str()))
            .filter(customers::Column::PaymentId.is_in(of))
            .filter(Expr::exists(operations).not())
            .filter(Expr::exists(receipts).not())
            .filter(Expr::exists(payments).not())
            .exec(self.conn())
            .await?;
        Ok(())
    }

    fn own_payments(&self) -> Condition {
        Condition::all()
            .add(payments::Column::PartnerId.eq(self.partner().uuid()))
            .add(payments::Column::Environment.eq(self.environment().as_str()))
    }

    fn own_operations(&self) -> Condition {
        Condition::all()
            .add(operations::Column::PartnerId.eq(self.partner().uuid()))
            .add(operations::Column::Environment.eq(self.environment().as_str()))
    }

    fn own_receipts(&self) -> Condition {
        Condition::all()
            .add(receipts::Column::PartnerId.eq(self.partner().uuid()))
            .add(receipts::Column::Environment.eq(self.environment().as_str()))
    }
}
