//! Finding orders: the partner's own, and what is due or shown across partners.

use domain::product_order::Status;
use domain::{Environment, IdempotencyKey, MerchantId, PartnerId, ProductOrderId};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::record::{ProductOrder, open};
use super::table::{Column, Entity};
use super::{PURPOSE, TABLE};
use crate::moment::Moment;
use crate::{Error, Scope, System, table};

/// An order whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueProductOrder {
    pub partner: PartnerId,
    pub environment: Environment,
    pub order: ProductOrderId,
}

/// An order as the operator sees it: nothing that is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundProductOrder {
    pub id: ProductOrderId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub merchant: MerchantId,
    pub product_type: String,
    pub status: Status,
    pub vipps_id: Option<String>,
    pub msn: Option<String>,
    pub tries: u32,
    pub due_at: Option<OffsetDateTime>,
    pub expires_at: Option<OffsetDateTime>,
    pub checked_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub ended_at: Option<OffsetDateTime>,
}

impl<M> Scope<'_, M> {
    pub async fn find_product_order(&self, id: ProductOrderId) -> Result<Option<ProductOrder>, Error> {
        let row = self
            .orders()
            .filter(Column::Id.eq(id.uuid()))
            .one(self.conn())
            .await?;
        match row {
            Some(row) => open(self, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The order under a caller's key, and whether it is of the very request that asks. `request` = what the
    /// fingerprint is of.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the fingerprint was made with a key that the key file no longer holds.
    pub async fn find_ordered(
        &self,
        key: &IdempotencyKey,
        request: &[u8],
    ) -> Result<Option<(ProductOrder, bool)>, Error> {
        let row = self
            .orders()
            .filter(Column::Key.eq(key.as_str()))
            .one(self.conn())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let same_request = self
            .keyring()
            .is_of(&row.fingerprint, PURPOSE, request)
            .ok_or_else(|| Error::corrupt(TABLE, row.id))?;
        Ok(Some((open(self, row).await?, same_request)))
    }

    /// The newest first, from before `before`.
    pub async fn list_product_orders(
        &self,
        before: Option<ProductOrderId>,
        most: u64,
    ) -> Result<Vec<ProductOrder>, Error> {
        let mut query = self.orders().order_by_desc(Column::Id).limit(most);
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.uuid()));
        }
        let mut orders = Vec::new();
        for row in query.all(self.conn()).await? {
            orders.push(open(self, row).await?);
        }
        Ok(orders)
    }

    /// Which of these orders of Vipps stand in the partner's books.
    pub async fn known_product_orders(&self, vipps_ids: &[String]) -> Result<Vec<String>, Error> {
        Ok(self
            .orders()
            .filter(Column::VippsId.is_in(vipps_ids))
            .select_only()
            .column(Column::VippsId)
            .into_tuple()
            .all(self.conn())
            .await?)
    }

    /// How many orders like this one wait for an answer of Vipps, itself included.
    pub async fn pending_like(&self, order: &ProductOrder) -> Result<u64, Error> {
        Ok(self
            .orders()
            .filter(Column::Status.eq(Status::Pending.as_str()))
            .filter(Column::Scheme.eq(order.scheme.as_str()))
            .filter(Column::Number.eq(order.number.as_str()))
            .filter(Column::ProductType.eq(order.product_type.as_str()))
            .count(self.conn())
            .await?)
    }

    fn orders(&self) -> Select<Entity> {
        Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
    }
}

/// What `System` may see of a row.
#[derive(FromQueryResult)]
struct Seen {
    id: Uuid,
    partner_id: Uuid,
    environment: String,
    merchant_id: Uuid,
    product_type: String,
    status: String,
    vipps_id: Option<String>,
    msn: Option<String>,
    tries: i32,
    due_at: Option<Moment>,
    expires_at: Option<Moment>,
    checked_at: Option<Moment>,
    created_at: Moment,
    ended_at: Option<Moment>,
}

const SEEN: [Column; 14] = [
    Column::Id,
    Column::PartnerId,
    Column::Environment,
    Column::MerchantId,
    Column::ProductType,
    Column::Status,
    Column::VippsId,
    Column::Msn,
    Column::Tries,
    Column::DueAt,
    Column::ExpiresAt,
    Column::CheckedAt,
    Column::CreatedAt,
    Column::EndedAt,
];

impl TryFrom<Seen> for FoundProductOrder {
    type Error = Error;

    fn try_from(row: Seen) -> Result<Self, Error> {
        let id = row.id;
        let maybe = |at: Option<Moment>| at.map(|at| at.at(TABLE, id)).transpose();
        Ok(Self {
            id: ProductOrderId::from_uuid(id),
            partner: PartnerId::from_uuid(row.partner_id),
            environment: table::environment(&row.environment, TABLE, id)?,
            merchant: MerchantId::from_uuid(row.merchant_id),
            product_type: row.product_type,
            status: table::named(&Status::ALL, Status::as_str, &row.status, TABLE, id)?,
            vipps_id: row.vipps_id,
            msn: row.msn,
            tries: u32::try_from(row.tries).map_err(|_| Error::corrupt(TABLE, id))?,
            due_at: maybe(row.due_at)?,
            expires_at: maybe(row.expires_at)?,
            checked_at: maybe(row.checked_at)?,
            created_at: row.created_at.at(TABLE, id)?,
            ended_at: maybe(row.ended_at)?,
        })
    }
}

impl<M> System<'_, M> {
    /// Orders whose time has come, the longest waiting first.
    pub async fn due_product_orders(
        &self,
        now: OffsetDateTime,
        limit: u64,
    ) -> Result<Vec<DueProductOrder>, Error> {
        let due: Vec<(Uuid, Uuid, String)> = Entity::find()
            .filter(Column::DueAt.lte(Moment::from(now)))
            .order_by_asc(Column::DueAt)
            .limit(limit)
            .select_only()
            .columns([Column::Id, Column::PartnerId, Column::Environment])
            .into_tuple()
            .all(self.conn())
            .await?;
        due.into_iter()
            .map(|(id, partner, environment)| {
                Ok(DueProductOrder {
                    partner: PartnerId::from_uuid(partner),
                    environment: table::environment(&environment, TABLE, id)?,
                    order: ProductOrderId::from_uuid(id),
                })
            })
            .collect()
    }

    /// The newest first; of one partner, or all.
    pub async fn list_product_orders(
        &self,
        partner: Option<PartnerId>,
        before: Option<ProductOrderId>,
        limit: u64,
    ) -> Result<Vec<FoundProductOrder>, Error> {
        let mut query = Entity::find()
            .select_only()
            .columns(SEEN)
            .order_by_desc(Column::Id)
            .limit(limit);
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.uuid()));
        }
        if let Some(partner) = partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        let rows = query.into_model::<Seen>().all(self.conn()).await?;
        rows.into_iter().map(FoundProductOrder::try_from).collect()
    }

    pub async fn find_product_order(&self, id: ProductOrderId) -> Result<Option<FoundProductOrder>, Error> {
        let query = Entity::find()
            .select_only()
            .columns(SEEN)
            .filter(Column::Id.eq(id.uuid()));
        let row = query.into_model::<Seen>().one(self.conn()).await?;
        row.map(FoundProductOrder::try_from).transpose()
    }
}
