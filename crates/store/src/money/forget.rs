//! Forgetting what is too old, a few rows at a time. Nothing of an open operation is forgotten, however
//! old: its key answers whoever repeats the request, and its sends are how it will be settled.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use time::OffsetDateTime;
use uuid::Uuid;

use super::table::{attempts, idempotency_keys, operations};
use crate::moment::Moment;
use crate::scope::Write;
use crate::{Error, System};

impl System<'_, Write> {
    /// Forgets at most `limit` callers' keys that were bound before this moment, the oldest first. Returns
    /// how many.
    pub async fn forget_keys(&self, before: OffsetDateTime, limit: u64) -> Result<u64, Error> {
        use idempotency_keys::{Column, Entity};
        let old: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::OperationId)
            .filter(Column::BoundAt.lt(Moment::from(before)))
            .filter(Column::OperationId.not_in_subquery(open_operations()))
            .order_by_asc(Column::BoundAt)
            .limit(limit)
            .into_tuple()
            .all(self.conn())
            .await?;
        let forgotten = Entity::delete_many()
            .filter(Column::OperationId.is_in(old))
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }

    /// Forgets at most `limit` sends that left before this moment, the oldest first. Returns how many.
    pub async fn forget_attempts(&self, before: OffsetDateTime, limit: u64) -> Result<u64, Error> {
        use attempts::{Column, Entity};
        let old: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::SentAt.lt(Moment::from(before)))
            .filter(Column::OperationId.not_in_subquery(open_operations()))
            .order_by_asc(Column::SentAt)
            .limit(limit)
            .into_tuple()
            .all(self.conn())
            .await?;
        let forgotten = Entity::delete_many()
            .filter(Column::Id.is_in(old))
            .exec(self.conn())
            .await?;
        Ok(forgotten.rows_affected)
    }
}

fn open_operations() -> SelectStatement {
    operations::Entity::find()
        .select_only()
        .column(operations::Column::Id)
        .filter(operations::Column::NextStepAt.is_not_null())
        .into_query()
}
