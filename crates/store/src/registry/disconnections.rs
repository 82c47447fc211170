//! Sales units that Vipps refuses with the keys they have. No change of the registry: nothing cached
//! depends on it.

use domain::{AssignmentId, Environment, KeySetId, PartnerId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;

use super::{owner, replace};
use crate::scope::Write;
use crate::table::disconnections::{Column, Entity, Model};
use crate::{Error, Scope, System};

const TABLE: &str = "disconnections";

/// Vipps refuses every call for this assignment with these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnection {
    pub assignment: AssignmentId,
    pub partner: PartnerId,
    pub environment: Environment,
    /// The keys that are refused. It says nothing about any others.
    pub keys: KeySetId,
    pub keys_version: i64,
    /// Vipps' answer: 401 or 403.
    pub status: u16,
    /// In words for the staff of the merchant and of the operator.
    pub because: String,
    pub since: OffsetDateTime,
}

impl TryFrom<Model> for Disconnection {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let id = row.assignment_id;
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, id)?;
        Ok(Self {
            assignment: AssignmentId::from_uuid(id),
            partner,
            environment,
            keys: KeySetId::from_uuid(row.key_set_id),
            keys_version: row.key_set_version,
            status: u16::try_from(row.status).map_err(|_| Error::corrupt(TABLE, id))?,
            because: row.because,
            since: row.since.at(TABLE, id)?,
        })
    }
}

impl Scope<'_, Write> {
    /// Remembers it, in place of an earlier one of the same assignment.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; [`Error::Refused`] when the assignment is another partner's.
    pub async fn disconnect(&self, found: &Disconnection) -> Result<(), Error> {
        let row = Model {
            assignment_id: found.assignment.uuid(),
            partner_id: self.partner().uuid(),
            environment: self.environment().as_str().to_owned(),
            key_set_id: found.keys.uuid(),
            key_set_version: found.keys_version,
            status: i16::try_from(found.status).unwrap_or(i16::MAX),
            because: found.because.clone(),
            since: found.since.into(),
        };
        let whose = [Column::PartnerId, Column::Environment];
        replace::<Entity>(self, row, Column::AssignmentId, whose).await
    }

    /// Forgets it: a call was answered, or the assignment has ended.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn reconnect(&self, assignment: AssignmentId) -> Result<(), Error> {
        Entity::delete_many()
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .exec(self.conn())
            .await?;
        Ok(())
    }
}

impl<M> Scope<'_, M> {
    /// The partner's disconnected sales units.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn disconnections(&self) -> Result<Vec<Disconnection>, Error> {
        let rows = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .order_by_asc(Column::Since)
            .all(self.conn())
            .await?;
        rows.into_iter().map(Disconnection::try_from).collect()
    }
}

impl<M> System<'_, M> {
    /// Every partner's, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn disconnections(&self) -> Result<Vec<Disconnection>, Error> {
        let rows = Entity::find()
            .order_by_asc(Column::Since)
            .all(self.conn())
            .await?;
        rows.into_iter().map(Disconnection::try_from).collect()
    }
}
