//! What the last look at each sales unit found. No change of the registry: nothing cached depends on it.

use domain::{AssignmentId, Environment, KeySetId, PartnerId, Trouble};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use time::OffsetDateTime;

use super::{owner, replace};
use crate::moment::Moment;
use crate::scope::Write;
use crate::table::unit_checks::{ActiveModel, Column, Entity, Model};
use crate::{Error, Scope, System, table};

const TABLE: &str = "unit_checks";

/// The standing of one sales unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub assignment: AssignmentId,
    pub partner: PartnerId,
    pub environment: Environment,
    /// The keys that it is about, with their version. Absent = not looked at yet, or nothing to look with.
    pub keys: Option<(KeySetId, i64)>,
    /// Absent = all is well, once it was looked at.
    pub trouble: Option<(Trouble, OffsetDateTime)>,
    pub checked_at: Option<OffsetDateTime>,
    /// When to look next.
    pub due_at: OffsetDateTime,
}

impl TryFrom<Model> for Check {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let id = row.assignment_id;
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, id)?;
        let trouble = match (&row.trouble, row.since) {
            (Some(word), Some(since)) => Some((
                table::named(&Trouble::ALL, Trouble::as_str, word, TABLE, id)?,
                since.at(TABLE, id)?,
            )),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(Error::corrupt(TABLE, id)),
        };
        Ok(Self {
            assignment: AssignmentId::from_uuid(id),
            partner,
            environment,
            keys: row.key_set_id.map(KeySetId::from_uuid).zip(row.key_set_version),
            trouble,
            checked_at: row.checked_at.map(|at| at.at(TABLE, id)).transpose()?,
            due_at: row.due_at.at(TABLE, id)?,
        })
    }
}

impl Scope<'_, Write> {
    /// Writes down what was found, in place of what was found before.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; [`Error::Refused`] when the assignment is another partner's.
    pub async fn save_check(&self, check: &Check) -> Result<(), Error> {
        let row = Model {
            assignment_id: check.assignment.uuid(),
            partner_id: self.partner().uuid(),
            environment: self.environment().as_str().to_owned(),
            key_set_id: check.keys.map(|(id, _)| id.uuid()),
            key_set_version: check.keys.map(|(_, version)| version),
            trouble: check.trouble.map(|(trouble, _)| trouble.as_str().to_owned()),
            since: check.trouble.map(|(_, since)| since.into()),
            checked_at: check.checked_at.map(Moment::from),
            due_at: check.due_at.into(),
        };
        let whose = [Column::PartnerId, Column::Environment];
        replace::<Entity>(self, row, Column::AssignmentId, whose).await
    }

    /// Has a unit looked at no later than `at`. One that is due earlier stays so.
    pub async fn check_by(&self, assignment: AssignmentId, at: OffsetDateTime) -> Result<(), Error> {
        let sooner = ActiveModel {
            due_at: Set(at.into()),
            ..Default::default()
        };
        Entity::update_many()
            .set(sooner)
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::DueAt.gt(Moment::from(at)))
            .exec(self.conn())
            .await?;
        Ok(())
    }
}

impl<M> Scope<'_, M> {
    pub async fn find_check(&self, assignment: AssignmentId) -> Result<Option<Check>, Error> {
        let row = Entity::find_by_id(assignment.uuid())
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .one(self.conn())
            .await?;
        row.map(Check::try_from).transpose()
    }

    /// Of all of the partner's units.
    pub async fn list_checks(&self) -> Result<Vec<Check>, Error> {
        let rows = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .all(self.conn())
            .await?;
        rows.into_iter().map(Check::try_from).collect()
    }
}

impl System<'_, Write> {
    /// Takes up to `most` units whose look is due, the longest overdue first, and has them due again at
    /// `again`: a process that dies on the way leaves them to the next. Two processes never take the same one.
    pub async fn take_due_checks(
        &self,
        now: OffsetDateTime,
        again: OffsetDateTime,
        most: u64,
    ) -> Result<Vec<Check>, Error> {
        let rows = Entity::find()
            .filter(Column::DueAt.lte(Moment::from(now)))
            .order_by_asc(Column::DueAt)
            .limit(most)
            .all(self.conn())
            .await?;
        let mut taken = Vec::with_capacity(rows.len());
        for row in rows {
            let later = ActiveModel {
                due_at: Set(again.into()),
                ..Default::default()
            };
            let changed = Entity::update_many()
                .set(later)
                .filter(Column::AssignmentId.eq(row.assignment_id))
                .filter(Column::DueAt.eq(row.due_at))
                .exec(self.conn())
                .await?;
            if changed.rows_affected == 1 {
                taken.push(Check::try_from(row)?);
            }
        }
        Ok(taken)
    }

    /// A unit that nobody holds any more is not looked at.
    pub async fn forget_check(&self, assignment: AssignmentId) -> Result<(), Error> {
        Entity::delete_by_id(assignment.uuid()).exec(self.conn()).await?;
        Ok(())
    }
}
