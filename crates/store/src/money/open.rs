//! What was begun as an assignment and is not settled.

use domain::{AssignmentId, Environment, PartnerId};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use super::table::{operations, receipts};

/// The ids alone: across partners nothing else of them is anybody's business.
pub(crate) fn operations(assignment: AssignmentId) -> Select<operations::Entity> {
    operations::Entity::find()
        .select_only()
        .column(operations::Column::Id)
        .filter(operations::Column::AssignmentId.eq(assignment.uuid()))
        .filter(operations::Column::NextStepAt.is_not_null())
}

/// Of one partner: by assignment and client id, how many.
pub(crate) fn by_client(partner: PartnerId, environment: Environment) -> Select<operations::Entity> {
    operations::Entity::find()
        .select_only()
        .columns([operations::Column::AssignmentId, operations::Column::ClientId])
        .column_as(Expr::col(operations::Column::Id).count(), "many")
        .filter(operations::Column::PartnerId.eq(partner.uuid()))
        .filter(operations::Column::Environment.eq(environment.as_str()))
        .filter(operations::Column::NextStepAt.is_not_null())
        .group_by(operations::Column::AssignmentId)
        .group_by(operations::Column::ClientId)
}

/// Under one client id, of one partner or of all.
pub(crate) fn under_client(
    partner: Option<Uuid>,
    environment: Environment,
    client_id: &str,
) -> Select<operations::Entity> {
    let mut query = operations::Entity::find()
        .select_only()
        .column(operations::Column::Id)
        .filter(operations::Column::Environment.eq(environment.as_str()))
        .filter(operations::Column::ClientId.eq(client_id))
        .filter(operations::Column::NextStepAt.is_not_null());
    if let Some(partner) = partner {
        query = query.filter(operations::Column::PartnerId.eq(partner));
    }
    query.limit(1)
}

pub(crate) fn receipts(assignment: AssignmentId) -> Select<receipts::Entity> {
    receipts::Entity::find()
        .select_only()
        .column(receipts::Column::Id)
        .filter(receipts::Column::AssignmentId.eq(assignment.uuid()))
        .filter(receipts::Column::NextTryAt.is_not_null())
}
