//! Operations as an operator looks for them, over all partners, and those an operator has abandoned.
//!
//! Across partners only is found whose an operation is; what it says is then read as that partner's.

use domain::operation::Status;
use domain::{AssignmentId, Environment, OperationId, PartnerId, Reference};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use time::OffsetDateTime;

use super::convert;
use super::operation::{Operation, TABLE};
use super::table::operations::{Column, Entity};
use crate::moment::Moment;
use crate::{Error, Scope, System};

/// Which open operations.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenFilter {
    /// Absent = every partner's.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    /// Only those behind this place.
    pub after: Option<OpenPlace>,
}

/// Where an operation stands among the open ones. One that is sent anew moves back, so it may be met twice and is
/// never passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenPlace {
    pub first_sent_at: OffsetDateTime,
    pub operation: OperationId,
}

impl OpenPlace {
    fn behind(self) -> Condition {
        let at = Moment::from(self.first_sent_at);
        Condition::any().add(Column::FirstSentAt.gt(at)).add(
            Condition::all()
                .add(Column::FirstSentAt.eq(at))
                .add(Column::Id.gt(self.operation.uuid())),
        )
    }
}

/// Whose an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundOperation {
    pub operation: OperationId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub first_sent_at: OffsetDateTime,
}

impl FoundOperation {
    pub const fn place(&self) -> OpenPlace {
        OpenPlace {
            first_sent_at: self.first_sent_at,
            operation: self.operation,
        }
    }
}

impl<M> System<'_, M> {
    /// Whose it is.
    pub async fn locate_operation(&self, id: OperationId) -> Result<Option<FoundOperation>, Error> {
        let found = self.located(Entity::find_by_id(id.uuid()).limit(1)).await?;
        Ok(found.into_iter().next())
    }

    /// Operations whose end is not known, the oldest first.
    pub async fn list_open_operations(
        &self,
        filter: OpenFilter,
        limit: u64,
    ) -> Result<Vec<FoundOperation>, Error> {
        let mut open = Entity::find().filter(Column::NextStepAt.is_not_null());
        if let Some(partner) = filter.partner {
            open = open.filter(Column::PartnerId.eq(partner.uuid()));
        }
        if let Some(environment) = filter.environment {
            open = open.filter(Column::Environment.eq(environment.as_str()));
        }
        if let Some(place) = filter.after {
            open = open.filter(place.behind());
        }
        let open = open
            .order_by_asc(Column::FirstSentAt)
            .order_by_asc(Column::Id)
            .limit(limit);
        self.located(open).await
    }

    async fn located(&self, which: Select<Entity>) -> Result<Vec<FoundOperation>, Error> {
        let found: Vec<(uuid::Uuid, uuid::Uuid, String, Moment)> = which
            .select_only()
            .columns([
                Column::Id,
                Column::PartnerId,
                Column::Environment,
                Column::FirstSentAt,
            ])
            .into_tuple()
            .all(self.conn())
            .await?;
        found
            .into_iter()
            .map(|(id, partner, environment, first_sent_at)| {
                Ok(FoundOperation {
                    operation: OperationId::from_uuid(id),
                    partner: PartnerId::from_uuid(partner),
                    environment: convert::environment(&environment, TABLE, id)?,
                    first_sent_at: first_sent_at.at(TABLE, id)?,
                })
            })
            .collect()
    }
}

impl<M> Scope<'_, M> {
    /// The abandoned operations on one payment.
    pub async fn abandoned_operations(
        &self,
        assignment: AssignmentId,
        reference: &Reference,
    ) -> Result<Vec<Operation>, Error> {
        let rows = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .filter(Column::Reference.eq(reference.as_str()))
            // Said in the statement itself, so that SQLite sees that the index of abandoned ones will do.
            .filter(Expr::cust(format!("status = '{}'", Status::Abandoned.as_str())))
            .all(self.conn())
            .await?;
        let mut abandoned = Vec::with_capacity(rows.len());
        for row in rows {
            abandoned.push(Operation::of(self, row).await?);
        }
        Ok(abandoned)
    }
}
