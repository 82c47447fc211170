//! Transfers of sales units. What a partner may know of one is that it asked for it and how that stands; whom the
//! unit comes from is for [`System`] alone.

use domain::transfer::Stage;
use domain::{AssignmentId, Environment, Msn, PartnerId, TransferId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait as _, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Part, Registry, insert, one_changed, owner};
use crate::moment::Moment;
use crate::table::transfers::{Column, Entity, Model};
use crate::{Error, Scope, System, table};

const TABLE: &str = "transfers";

/// A transfer as background work and the operator see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    /// Who asks for the unit, and as which assignment.
    pub partner: PartnerId,
    pub environment: Environment,
    pub assignment: AssignmentId,
    pub msn: Msn,
    /// Who holds it. Absent until the transfer begins, and where nobody held it.
    pub from: Option<(PartnerId, AssignmentId)>,
    pub stage: Stage,
    /// The operator has decided that the unit changes over.
    pub forced: bool,
    pub asked_at: OffsetDateTime,
    /// When settling gives way to freezing.
    pub drain_until: Option<OffsetDateTime>,
    pub frozen_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
}

/// A transfer as the partner that asked for it sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedTransfer {
    pub id: TransferId,
    pub assignment: AssignmentId,
    pub stage: Stage,
    pub asked_at: OffsetDateTime,
    pub ended_at: Option<OffsetDateTime>,
}

/// Which transfers to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransferFilter {
    /// Of this partner, whether it asks or holds. Absent = every partner's.
    pub partner: Option<PartnerId>,
    /// Without those that are over.
    pub is_open: bool,
}

impl TryFrom<Model> for Transfer {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let id = row.id;
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, id)?;
        let at = |moment: Option<Moment>| moment.map(|moment| moment.at(TABLE, id)).transpose();
        Ok(Self {
            id: TransferId::from_uuid(id),
            partner,
            environment,
            assignment: AssignmentId::from_uuid(row.assignment_id),
            msn: row.msn.parse().map_err(|_| Error::corrupt(TABLE, id))?,
            from: row
                .from_partner_id
                .map(PartnerId::from_uuid)
                .zip(row.from_assignment_id.map(AssignmentId::from_uuid)),
            stage: stage(&row.stage, id)?,
            forced: row.forced,
            asked_at: row.asked_at.at(TABLE, id)?,
            drain_until: at(row.drain_until)?,
            frozen_at: at(row.frozen_at)?,
            ended_at: at(row.ended_at)?,
        })
    }
}

impl From<&Transfer> for Model {
    fn from(transfer: &Transfer) -> Self {
        Self {
            id: transfer.id.uuid(),
            partner_id: transfer.partner.uuid(),
            environment: transfer.environment.as_str().to_owned(),
            assignment_id: transfer.assignment.uuid(),
            msn: transfer.msn.as_str().to_owned(),
            from_partner_id: transfer.from.map(|(partner, _)| partner.uuid()),
            from_assignment_id: transfer.from.map(|(_, assignment)| assignment.uuid()),
            stage: transfer.stage.as_str().to_owned(),
            forced: transfer.forced,
            asked_at: transfer.asked_at.into(),
            drain_until: transfer.drain_until.map(Moment::from),
            frozen_at: transfer.frozen_at.map(Moment::from),
            ended_at: transfer.ended_at.map(Moment::from),
        }
    }
}

fn stage(word: &str, id: Uuid) -> Result<Stage, Error> {
    table::named(&Stage::ALL, Stage::as_str, word, TABLE, id)
}

impl<M> Scope<'_, M> {
    /// What this partner has asked for, newest first: for one of its assignments, or for all. Reads no column that
    /// could tell of anybody else.
    pub async fn asked_transfers(&self, of: Option<AssignmentId>) -> Result<Vec<AskedTransfer>, Error> {
        type Asked = (Uuid, Uuid, String, Moment, Option<Moment>);
        let mut query = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .order_by_desc(Column::Id);
        if let Some(assignment) = of {
            query = query.filter(Column::AssignmentId.eq(assignment.uuid()));
        }
        let rows: Vec<Asked> = query
            .select_only()
            .columns([
                Column::Id,
                Column::AssignmentId,
                Column::Stage,
                Column::AskedAt,
                Column::EndedAt,
            ])
            .into_tuple()
            .all(self.conn())
            .await?;
        rows.into_iter()
            .map(|(id, assignment, word, asked_at, ended_at)| {
                Ok(AskedTransfer {
                    id: TransferId::from_uuid(id),
                    assignment: AssignmentId::from_uuid(assignment),
                    stage: stage(&word, id)?,
                    asked_at: asked_at.at(TABLE, id)?,
                    ended_at: ended_at.map(|at| at.at(TABLE, id)).transpose()?,
                })
            })
            .collect()
    }
}

impl<M> System<'_, M> {
    pub async fn find_transfer(&self, id: TransferId) -> Result<Option<Transfer>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Transfer::try_from).transpose()
    }

    /// The newest that was asked for as this assignment.
    pub async fn newest_transfer(&self, assignment: AssignmentId) -> Result<Option<Transfer>, Error> {
        let row = Entity::find()
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .order_by_desc(Column::Id)
            .one(self.conn())
            .await?;
        row.map(Transfer::try_from).transpose()
    }

    /// The one under way for a unit: its holder is closed.
    pub async fn transfer_under_way(
        &self,
        environment: Environment,
        msn: &Msn,
    ) -> Result<Option<Transfer>, Error> {
        let row = Entity::find()
            .filter(Column::Environment.eq(environment.as_str()))
            .filter(Column::Msn.eq(msn.as_str()))
            .filter(Column::Stage.is_in([Stage::Draining, Stage::Frozen].map(Stage::as_str)))
            .one(self.conn())
            .await?;
        row.map(Transfer::try_from).transpose()
    }

    /// Oldest first.
    pub async fn list_transfers(&self, filter: TransferFilter, part: Part) -> Result<Vec<Transfer>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = filter.partner {
            let asks = Column::PartnerId.eq(partner.uuid());
            query = query.filter(asks.or(Column::FromPartnerId.eq(partner.uuid())));
        }
        if filter.is_open {
            query = query.filter(Column::EndedAt.is_null());
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Transfer::try_from).collect()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_transfers_open")` when one was asked for as this assignment already;
    /// `Duplicate("uq_transfers_unit")` when another is under way for the unit.
    pub async fn add_transfer(&self, transfer: &Transfer) -> Result<(), Error> {
        insert::<Entity>(self.conn, transfer.into()).await
    }

    /// # Errors
    /// As [`Registry::add_transfer`]; [`Error::Stale`] when it is over already.
    pub async fn save_transfer(&self, transfer: &Transfer) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(transfer).into_active_model().reset_all())
            .filter(Column::Id.eq(transfer.id.uuid()))
            .filter(Column::EndedAt.is_null())
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }
}
