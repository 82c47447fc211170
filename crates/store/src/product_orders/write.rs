//! Writing orders: before a call, and what a call taught.

use domain::product_order::{Facts, Status};
use domain::{IdempotencyKey, KeySetId, MerchantId, Msn, ProductOrderId, Rejected, UpstreamKey};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, UpdateMany};
use time::OffsetDateTime;

use super::record::ProductOrder;
use super::table::{ActiveModel, Column, Entity};
use super::{ANSWER, LINK, PURPOSE, REQUEST};
use crate::moment::Moment;
use crate::money::{Answer, kept};
use crate::scope::Write;
use crate::{Error, Scope};

/// An order that is about to be sent.
#[derive(Debug, Clone)]
pub struct NewProductOrder<'a> {
    pub id: ProductOrderId,
    pub merchant: MerchantId,
    pub key: &'a IdempotencyKey,
    pub upstream_key: &'a UpstreamKey,
    pub generation: u32,
    pub keys: KeySetId,
    pub facts: &'a Facts,
    pub body: &'a [u8],
    /// What its fingerprint is of.
    pub identity: &'a [u8],
    pub at: OffsetDateTime,
    /// Until when the sender holds it. Should the process die, it is due then.
    pub until: OffsetDateTime,
}

/// What becomes of an order after a call.
#[derive(Debug, Clone)]
pub struct Next {
    pub status: Status,
    pub is_released: bool,
    pub is_unwanted: bool,
    pub vipps_id: Option<String>,
    pub link: Option<String>,
    pub refusal: Option<Rejected>,
    pub msn: Option<Msn>,
    pub tries: u32,
    /// Absent = nothing can come of it any more.
    pub due_at: Option<OffsetDateTime>,
    pub expires_at: Option<OffsetDateTime>,
    /// When Vipps said so; absent = it said nothing.
    pub checked_at: Option<OffsetDateTime>,
    pub at: OffsetDateTime,
}

impl Next {
    /// As it is now, to be changed.
    pub fn of(order: &ProductOrder, at: OffsetDateTime) -> Self {
        Self {
            status: order.status,
            is_released: order.is_released,
            is_unwanted: order.is_unwanted,
            vipps_id: order.vipps_id.clone(),
            link: order.link.clone(),
            refusal: order.refusal.clone(),
            msn: order.msn.clone(),
            tries: order.tries,
            due_at: order.due_at,
            expires_at: order.expires_at,
            checked_at: order.checked_at,
            at,
        }
    }
}

impl Scope<'_, Write> {
    /// Writes an order down before it is sent; the sender holds it from the start.
    ///
    /// # Errors
    /// [`Error::Duplicate`] `uq_product_orders_key` when another request was quicker.
    pub async fn add_product_order(&self, new: &NewProductOrder<'_>) -> Result<(), Error> {
        let id = new.id.uuid();
        let row = ActiveModel {
            id: Set(id),
            partner_id: Set(self.partner().uuid()),
            environment: Set(self.environment().as_str().to_owned()),
            merchant_id: Set(new.merchant.uuid()),
            key: Set(new.key.as_str().to_owned()),
            fingerprint: Set(self.keyring().fingerprint(PURPOSE, new.identity)),
            upstream_key: Set(new.upstream_key.as_str().to_owned()),
            generation: Set(i32::try_from(new.generation).unwrap_or(i32::MAX)),
            key_set_id: Set(new.keys.uuid()),
            scheme: Set(new.facts.scheme.clone()),
            number: Set(new.facts.number.clone()),
            product_type: Set(new.facts.product_type.clone()),
            status: Set(Status::Pending.as_str().to_owned()),
            is_released: Set(false),
            is_unwanted: Set(false),
            request: Set(self.seal(REQUEST, id, 0, new.body).await?),
            link: Set(None),
            answer: Set(None),
            vipps_id: Set(None),
            msn: Set(None),
            tries: Set(0),
            sent_at: Set(new.at.into()),
            due_at: Set(Some(new.until.into())),
            fence: Set(1),
            lease_until: Set(Some(new.until.into())),
            expires_at: Set(None),
            checked_at: Set(None),
            created_at: Set(new.at.into()),
            ended_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(self.conn()).await?;
        Ok(())
    }

    /// Takes an order to work on it. `Ok(None)` = somebody else has it. `due` = only if its time has come.
    pub async fn claim_product_order(
        &self,
        id: ProductOrderId,
        due: bool,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Option<ProductOrder>, Error> {
        let mut claim = self
            .change(id)
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::LeaseUntil, Expr::value(Moment::from(until)))
            // Should this process die, it is due again when the lease is over.
            .col_expr(Column::DueAt, Expr::value(Moment::from(until)))
            .filter(Column::DueAt.is_not_null())
            .filter(
                Column::LeaseUntil
                    .is_null()
                    .or(Column::LeaseUntil.lte(Moment::from(now))),
            );
        if due {
            claim = claim.filter(Column::DueAt.lte(Moment::from(now)));
        }
        if claim.exec(self.conn()).await?.rows_affected != 1 {
            return Ok(None);
        }
        self.find_product_order(id).await
    }

    /// Writes down that the deletion of an order is about to be asked of Vipps.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else has taken it since.
    pub async fn want_no_product_order(&self, held: &ProductOrder) -> Result<(), Error> {
        let marked = self
            .change(held.id)
            .col_expr(Column::IsUnwanted, Expr::value(true))
            .filter(Column::Fence.eq(held.fence))
            .exec(self.conn())
            .await?;
        one(marked.rows_affected)
    }

    /// Writes down what became of a held order, and gives it free.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else has taken it since; [`Error::Duplicate`] `uq_product_orders_vipps` when
    /// Vipps' order stands in the books already.
    pub async fn save_product_order(&self, held: &ProductOrder, next: &Next) -> Result<(), Error> {
        let id = held.id.uuid();
        let link = match &next.link {
            Some(link) => Some(self.seal(LINK, id, 0, link.as_bytes()).await?),
            None => None,
        };
        let answer = match &next.refusal {
            Some(rejected) => {
                let bytes =
                    kept::of_answer(&Answer::Rejected(rejected.clone())).map_err(Error::unavailable)?;
                Some(self.seal(ANSWER, id, 0, &bytes).await?)
            }
            None => None,
        };
        let ended = (!next.status.is_open()).then_some(next.at);
        let mut change = self
            .change(held.id)
            .col_expr(Column::Status, Expr::value(next.status.as_str()))
            .col_expr(Column::IsReleased, Expr::value(next.is_released))
            .col_expr(Column::IsUnwanted, Expr::value(next.is_unwanted))
            .col_expr(Column::VippsId, Expr::value(next.vipps_id.clone()))
            .col_expr(Column::Link, Expr::value(link))
            .col_expr(Column::Answer, Expr::value(answer))
            .col_expr(
                Column::Msn,
                Expr::value(next.msn.as_ref().map(|msn| msn.as_str().to_owned())),
            )
            .col_expr(
                Column::Tries,
                Expr::value(i32::try_from(next.tries).unwrap_or(i32::MAX)),
            )
            .col_expr(Column::DueAt, moment(next.due_at))
            .col_expr(Column::ExpiresAt, moment(next.expires_at))
            .col_expr(Column::CheckedAt, moment(next.checked_at))
            .col_expr(Column::EndedAt, moment(ended))
            .col_expr(Column::LeaseUntil, moment(None))
            .filter(Column::Fence.eq(held.fence));
        if next.status != Status::Pending {
            // It is never sent again.
            change = change.col_expr(Column::Request, Expr::value(Vec::<u8>::new()));
        }
        one(change.exec(self.conn()).await?.rows_affected)
    }

    /// Removes an order of which nothing left the house, or that is to be asked for anew: the caller's key is free.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else has taken it since.
    pub async fn remove_product_order(&self, held: &ProductOrder) -> Result<(), Error> {
        let removed = Entity::delete_many()
            .filter(Column::Id.eq(held.id.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::Fence.eq(held.fence))
            .exec(self.conn())
            .await?;
        one(removed.rows_affected)
    }

    /// Moves an order that could not be worked on out of the others' way.
    pub async fn set_product_order_aside(
        &self,
        id: ProductOrderId,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<(), Error> {
        self.change(id)
            .col_expr(Column::DueAt, Expr::value(Moment::from(until)))
            .filter(Column::DueAt.lte(Moment::from(now)))
            .exec(self.conn())
            .await?;
        Ok(())
    }

    fn change(&self, id: ProductOrderId) -> UpdateMany<Entity> {
        Entity::update_many()
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
    }
}

fn moment(at: Option<OffsetDateTime>) -> Expr {
    Expr::value(at.map(|at| Moment::from(at).0))
}

fn one(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Stale) }
}
