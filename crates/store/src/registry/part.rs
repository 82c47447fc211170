//! Parts of lists, oldest first.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

/// Which rows of a list. The default is all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// Only rows behind the one with this id.
    pub after: Option<Uuid>,
    /// How many at most.
    pub most: Option<u64>,
}

impl Part {
    pub const ALL: Self = Self {
        after: None,
        most: None,
    };

    /// Ids are made in the order of time, so that a row that comes meanwhile is behind all others.
    pub(super) fn of<E: EntityTrait>(self, list: Select<E>, id: E::Column) -> Select<E> {
        let mut list = list.order_by_asc(id);
        if let Some(after) = self.after {
            list = list.filter(id.gt(after));
        }
        list.limit(self.most)
    }
}
