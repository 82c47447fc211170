//! What was begun as an assignment and is not settled.

use domain::AssignmentId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};

use super::table::{operations, receipts};

/// The ids alone: across partners nothing else of them is anybody's business.
pub(crate) fn operations(assignment: AssignmentId) -> Select<operations::Entity> {
    operations::Entity::find()
        .select_only()
        .column(operations::Column::Id)
        .filter(operations::Column::AssignmentId.eq(assignment.uuid()))
        .filter(operations::Column::NextStepAt.is_not_null())
}

pub(crate) fn receipts(assignment: AssignmentId) -> Select<receipts::Entity> {
    receipts::Entity::find()
        .select_only()
        .column(receipts::Column::Id)
        .filter(receipts::Column::AssignmentId.eq(assignment.uuid()))
        .filter(receipts::Column::NextTryAt.is_not_null())
}
