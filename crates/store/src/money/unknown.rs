//! What nobody knows the end of: how much of it there is, and since when.

use domain::operation::{Kind, Status};
use domain::{Environment, Msn};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use time::OffsetDateTime;

use super::operation::{self, TABLE};
use super::table::operations::{Column, Entity};
use crate::moment::Moment;
use crate::{Error, Scope, System};

/// The oldest unknown operation of one kind at one sales unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldestUnknown {
    pub msn: Msn,
    pub kind: Kind,
    /// When it was first sent.
    pub since: OffsetDateTime,
}

/// The unknown operations of one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknowns {
    pub environment: Environment,
    pub count: u64,
    /// When the oldest was first sent.
    pub since: OffsetDateTime,
}

impl<M> Scope<'_, M> {
    pub async fn oldest_unknown(&self) -> Result<Vec<OldestUnknown>, Error> {
        let found: Vec<(String, String, Moment)> = unknown()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .select_only()
            .columns([Column::Msn, Column::Kind])
            .column_as(Expr::col(Column::FirstSentAt).min(), "since")
            .group_by(Column::Msn)
            .group_by(Column::Kind)
            .into_tuple()
            .all(self.conn())
            .await?;
        found
            .into_iter()
            .map(|(msn, kind, since)| {
                Ok(OldestUnknown {
                    kind: operation::kind(&kind).ok_or_else(|| Error::corrupt(TABLE, &kind))?,
                    since: since.at(TABLE, &msn)?,
                    msn: msn.parse().map_err(|_| Error::corrupt(TABLE, &msn))?,
                })
            })
            .collect()
    }
}

impl<M> System<'_, M> {
    /// Of every environment that has any.
    pub async fn unknown_operations(&self) -> Result<Vec<Unknowns>, Error> {
        let found: Vec<(String, i64, Moment)> = unknown()
            .select_only()
            .column(Column::Environment)
            .column_as(Expr::col(Column::Id).count(), "count")
            .column_as(Expr::col(Column::FirstSentAt).min(), "since")
            .group_by(Column::Environment)
            .into_tuple()
            .all(self.conn())
            .await?;
        found
            .into_iter()
            .map(|(environment, count, since)| {
                Ok(Unknowns {
                    count: u64::try_from(count).unwrap_or(0),
                    since: since.at(TABLE, &environment)?,
                    environment: environment
                        .parse()
                        .map_err(|_| Error::corrupt(TABLE, &environment))?,
                })
            })
            .collect()
    }
}

/// The index of what is due holds the open ones only, which are few.
fn unknown() -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::NextStepAt.is_not_null())
        .filter(Column::Status.eq(Status::Unknown.as_str()))
}
