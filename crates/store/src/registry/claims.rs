//! Claims that were proven.

use domain::{AssignmentId, KeySetId, Proof};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::{Assignment, Registry, insert};
use crate::table::claims::{Column, Entity, Model};
use crate::{Error, Scope, System, table};

const TABLE: &str = "claims";

/// By what a partner has shown that it acts for the merchant of a sales unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub assignment: AssignmentId,
    pub proof: Proof,
    /// The keys that proved it.
    pub keys: Option<KeySetId>,
    /// Who asked for the proof, or gave it.
    pub actor: String,
    pub reason: String,
    pub proven_at: OffsetDateTime,
}

impl TryFrom<Model> for Claim {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let id = row.assignment_id;
        Ok(Self {
            assignment: AssignmentId::from_uuid(id),
            proof: table::named(&Proof::ALL, Proof::as_str, &row.proof, TABLE, id)?,
            keys: row.key_set_id.map(KeySetId::from_uuid),
            actor: row.actor,
            reason: row.reason,
            proven_at: row.proven_at.at(TABLE, id)?,
        })
    }
}

impl<M> Scope<'_, M> {
    /// The proof of this partner's claim, if there is one.
    pub async fn find_claim(&self, assignment: AssignmentId) -> Result<Option<Claim>, Error> {
        let row = Entity::find_by_id(assignment.uuid())
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .one(self.conn())
            .await?;
        row.map(Claim::try_from).transpose()
    }

    /// Of all of the partner's units.
    pub async fn list_claims(&self) -> Result<Vec<Claim>, Error> {
        let rows = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .all(self.conn())
            .await?;
        rows.into_iter().map(Claim::try_from).collect()
    }
}

impl<M> System<'_, M> {
    pub async fn find_claim(&self, assignment: AssignmentId) -> Result<Option<Claim>, Error> {
        let row = Entity::find_by_id(assignment.uuid()).one(self.conn()).await?;
        row.map(Claim::try_from).transpose()
    }
}

impl Registry<'_> {
    /// Records the proof of a claim; a later one stands in place of an earlier one.
    pub async fn prove_claim(&self, of: &Assignment, claim: &Claim) -> Result<(), Error> {
        Entity::delete_by_id(of.id.uuid()).exec(self.conn).await?;
        let row = Model {
            assignment_id: of.id.uuid(),
            partner_id: of.partner.uuid(),
            environment: of.environment.as_str().to_owned(),
            proof: claim.proof.as_str().to_owned(),
            key_set_id: claim.keys.map(KeySetId::uuid),
            actor: claim.actor.clone(),
            reason: claim.reason.clone(),
            proven_at: claim.proven_at.into(),
        };
        insert::<Entity>(self.conn, row).await
    }
}
