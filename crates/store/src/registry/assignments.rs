//! Which partner holds which sales unit.

use domain::transfer::Closing;
use domain::{AssignmentId, CredentialMode, Environment, MerchantId, Msn, PartnerId, ProfileId, SalesUnitId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Select};
use time::OffsetDateTime;

use super::{Market, Part, Registry, SalesUnit, closing, insert, one_changed, owner};
use crate::moment::Moment;
use crate::table::assignments::{Column, Entity, Model};
use crate::table::sales_units;
use crate::{Error, Scope, System, table};

const TABLE: &str = "assignments";

/// A partner holds a sales unit from … to …. What is remembered of payments hangs on this, because units
/// change partner. (environment, MSN) has at most one live assignment in the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub id: AssignmentId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub merchant: MerchantId,
    pub sales_unit: SalesUnitId,
    pub msn: Msn,
    pub name: String,
    pub state: AssignmentState,
    pub credential_mode: CredentialMode,
    /// Absent = as the client says, or the partner's first profile.
    pub profile: Option<ProfileId>,
    pub orphans: Orphans,
    /// As this partner says it. Absent = as the sales unit's row has it.
    pub market: Option<Market>,
    /// Set while the unit moves away, and once it has.
    pub closing: Option<Closing>,
    pub live_from: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssignmentState {
    /// Prepared; reserves nothing.
    Draft,
    Live,
    Ended,
}

impl AssignmentState {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Live, Self::Ended];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Live => "live",
            Self::Ended => "ended",
        }
    }
}

/// What happens to a payment that turns out to exist after the caller who created it has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Orphans {
    /// It is announced and left alone.
    Announce,
    /// It is cancelled when its flow is `PUSH_MESSAGE`, which shows itself to the customer unasked.
    CancelPush,
    /// It is cancelled.
    Cancel,
}

impl Orphans {
    pub const ALL: [Self; 3] = [Self::Announce, Self::CancelPush, Self::Cancel];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::CancelPush => "cancel_push",
            Self::Cancel => "cancel",
        }
    }
}

/// An assignment with the facts of its sales unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub assignment: Assignment,
    pub market: Market,
}

impl TryFrom<Model> for Assignment {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let (partner, environment) = owner(row.partner_id, &row.environment, TABLE, row.id)?;
        let at = |moment: Option<Moment>| moment.map(|moment| moment.at(TABLE, row.id)).transpose();
        Ok(Self {
            id: AssignmentId::from_uuid(row.id),
            partner,
            environment,
            merchant: MerchantId::from_uuid(row.merchant_id),
            sales_unit: SalesUnitId::from_uuid(row.sales_unit_id),
            msn: row.msn.parse().map_err(|_| Error::corrupt(TABLE, row.id))?,
            state: table::named(
                &AssignmentState::ALL,
                AssignmentState::as_str,
                &row.state,
                TABLE,
                row.id,
            )?,
            credential_mode: table::named(
                &CredentialMode::ALL,
                CredentialMode::as_str,
                &row.credential_mode,
                TABLE,
                row.id,
            )?,
            profile: row.profile_id.map(ProfileId::from_uuid),
            orphans: table::named(&Orphans::ALL, Orphans::as_str, &row.orphans, TABLE, row.id)?,
            market: row
                .market
                .as_ref()
                .map(|word| table::named(&Market::ALL, Market::as_str, word, TABLE, row.id))
                .transpose()?,
            closing: closing::word(row.closing.as_deref(), row.id)?,
            live_from: at(row.live_from)?,
            ended_at: at(row.ended_at)?,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
            name: row.name,
        })
    }
}

impl From<&Assignment> for Model {
    fn from(assignment: &Assignment) -> Self {
        Self {
            id: assignment.id.uuid(),
            partner_id: assignment.partner.uuid(),
            environment: assignment.environment.as_str().to_owned(),
            merchant_id: assignment.merchant.uuid(),
            sales_unit_id: assignment.sales_unit.uuid(),
            msn: assignment.msn.as_str().to_owned(),
            name: assignment.name.clone(),
            state: assignment.state.as_str().to_owned(),
            credential_mode: assignment.credential_mode.as_str().to_owned(),
            profile_id: assignment.profile.map(ProfileId::uuid),
            orphans: assignment.orphans.as_str().to_owned(),
            closing: assignment.closing.map(|closing| closing.as_str().to_owned()),
            live_from: assignment.live_from.map(Moment::from),
            ended_at: assignment.ended_at.map(Moment::from),
            created_at: assignment.created_at.into(),
            updated_at: assignment.updated_at.into(),
            market: assignment.market.map(|market| market.as_str().to_owned()),
        }
    }
}

impl<M> Scope<'_, M> {
    fn own_assignments(&self) -> Select<Entity> {
        Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
    }

    /// The draft or live assignment of a serial number to this partner.
    pub async fn find_held_unit(&self, msn: &Msn) -> Result<Option<Unit>, Error> {
        let row = self
            .own_assignments()
            .filter(Column::Msn.eq(msn.as_str()))
            .filter(Column::State.ne(AssignmentState::Ended.as_str()))
            .find_also_related(sales_units::Entity)
            .one(self.conn())
            .await?;
        row.map(joined).transpose()
    }

    /// The partner's draft and live assignments by serial number.
    pub async fn list_held_units(&self) -> Result<Vec<Unit>, Error> {
        let rows = self
            .own_assignments()
            .filter(Column::State.ne(AssignmentState::Ended.as_str()))
            .order_by_asc(Column::Msn)
            .find_also_related(sales_units::Entity)
            .all(self.conn())
            .await?;
        rows.into_iter().map(joined).collect()
    }
}

pub(super) fn joined((assignment, unit): (Model, Option<sales_units::Model>)) -> Result<Unit, Error> {
    let unit = unit.ok_or_else(|| Error::corrupt(TABLE, assignment.id))?;
    let assignment = Assignment::try_from(assignment)?;
    Ok(Unit {
        market: match assignment.market {
            Some(market) => market,
            None => SalesUnit::try_from(unit)?.market,
        },
        assignment,
    })
}

impl<M> System<'_, M> {
    pub async fn find_assignment(&self, id: AssignmentId) -> Result<Option<Assignment>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.map(Assignment::try_from).transpose()
    }

    /// Whoever holds the sales unit live.
    pub async fn find_live_assignment(
        &self,
        environment: Environment,
        msn: &Msn,
    ) -> Result<Option<Assignment>, Error> {
        let row = Entity::find()
            .filter(Column::Environment.eq(environment.as_str()))
            .filter(Column::Msn.eq(msn.as_str()))
            .filter(Column::State.eq(AssignmentState::Live.as_str()))
            .one(self.conn())
            .await?;
        row.map(Assignment::try_from).transpose()
    }

    /// Oldest first; of one partner, or all.
    pub async fn list_assignments(
        &self,
        partner: Option<PartnerId>,
        part: Part,
    ) -> Result<Vec<Assignment>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.into_iter().map(Assignment::try_from).collect()
    }
}

impl Registry<'_> {
    /// # Errors
    /// `Duplicate("uq_assignments_live")` when any partner holds the unit live;
    /// `Duplicate("uq_assignments_open")` when this partner has a draft or live assignment of it already.
    pub async fn add_assignment(&self, assignment: &Assignment) -> Result<(), Error> {
        insert::<Entity>(self.conn, assignment.into()).await
    }

    /// # Errors
    /// As [`Registry::add_assignment`]; [`Error::Stale`] when it is gone.
    pub async fn save_assignment(&self, assignment: &Assignment) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(Model::from(assignment).into_active_model().reset_all())
            .filter(Column::Id.eq(assignment.id.uuid()))
            .filter(Column::PartnerId.eq(assignment.partner.uuid()))
            .exec(self.conn)
            .await?;
        one_changed(&saved)
    }
}
