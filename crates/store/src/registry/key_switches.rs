//! Keys that were replaced: what was begun under them is finished under them, and then their secrets are erased.

use domain::{AssignmentId, Environment, KeySet, KeySetId, KeySetKind, PartnerId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_sets::{self, KeySetOwner, KeySetState, StoredKeySet};
use super::{Registry, one_changed};
use crate::moment::Moment;
use crate::money::open;
use crate::table::key_sets::{ActiveModel, Column, Entity};
use crate::{Error, Scope, System};

/// Replaced, and not erased yet.
fn retiring() -> Condition {
    Condition::all()
        // Said as the index of them says it.
        .add(sea_orm::sea_query::Expr::cust("state = 'retired'"))
        .add(Column::ErasedAt.is_null())
}

fn of(owner: KeySetOwner, environment: Environment) -> Condition {
    Condition::all()
        .add(match owner.partner() {
            Some(partner) => Column::PartnerId.eq(partner.uuid()),
            None => Column::PartnerId.is_null(),
        })
        .add(match owner.assignment() {
            Some(assignment) => Column::AssignmentId.eq(assignment.uuid()),
            None => Column::AssignmentId.is_null(),
        })
        .add(Column::Kind.eq(owner.kind().as_str()))
        .add(Column::Environment.eq(environment.as_str()))
}

impl<M> Scope<'_, M> {
    /// The keys with this client id, in use or replaced, that may serve an assignment of this partner.
    pub async fn keys_of_client(
        &self,
        assignment: AssignmentId,
        client_id: &str,
    ) -> Result<Option<KeySet>, Error> {
        let own = Condition::all()
            .add(Column::PartnerId.eq(self.partner().uuid()))
            .add(
                Column::AssignmentId
                    .eq(assignment.uuid())
                    .or(Column::Kind.eq(KeySetKind::Partner.as_str())),
            );
        let platform = Condition::all()
            .add(Column::PartnerId.is_null())
            .add(Column::Kind.eq(KeySetKind::Platform.as_str()));
        let rows = Entity::find()
            .filter(Condition::any().add(own).add(platform))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(
                Condition::any()
                    .add(Column::State.eq(KeySetState::Active.as_str()))
                    .add(retiring()),
            )
            // Those in use first: keys that were made anew may have kept their client id.
            .order_by_asc(Column::State)
            .order_by_desc(Column::Id)
            .all(self.conn())
            .await?;
        for row in rows {
            let keys = key_sets::open(self.conn(), self.keyring(), &row).await?;
            if keys.client_id == client_id {
                return Ok(Some(keys));
            }
        }
        Ok(None)
    }

    /// When the replaced keys of one of this partner's sales units, or of all, were replaced that are not erased yet: the
    /// longest replaced first.
    pub async fn retiring_keys(
        &self,
        of: Option<AssignmentId>,
    ) -> Result<Vec<(AssignmentId, OffsetDateTime)>, Error> {
        let whose = match of {
            Some(assignment) => Column::AssignmentId.eq(assignment.uuid()),
            None => Column::AssignmentId.is_not_null(),
        };
        let rows = Entity::find()
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(whose)
            .filter(retiring())
            .order_by_asc(Column::UpdatedAt)
            .all(self.conn())
            .await?;
        rows.iter()
            .filter_map(|row| row.assignment_id.map(|assignment| (row, assignment)))
            .map(|(row, assignment)| {
                let stored = StoredKeySet::try_from(row)?;
                Ok((AssignmentId::from_uuid(assignment), stored.updated_at))
            })
            .collect()
    }

    /// How many operations are open by assignment and client id.
    pub async fn open_by_client(&self) -> Result<Vec<(AssignmentId, String, u64)>, Error> {
        let rows = open::by_client(self.partner(), self.environment())
            .into_tuple::<(Uuid, String, i64)>()
            .all(self.conn())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(assignment, client_id, many)| {
                let many = u64::try_from(many).unwrap_or(0);
                (AssignmentId::from_uuid(assignment), client_id, many)
            })
            .collect())
    }
}

impl<M> System<'_, M> {
    /// Replaced keys whose secrets are still kept, the longest replaced first.
    pub async fn retiring_key_sets(&self) -> Result<Vec<StoredKeySet>, Error> {
        let rows = Entity::find()
            .filter(retiring())
            .order_by_asc(Column::UpdatedAt)
            .all(self.conn())
            .await?;
        rows.iter().map(StoredKeySet::try_from).collect()
    }

    /// How many of one owner are being replaced.
    pub async fn retiring_of(&self, owner: KeySetOwner, environment: Environment) -> Result<u64, Error> {
        let query = Entity::find().filter(of(owner, environment)).filter(retiring());
        Ok(query.count(self.conn()).await?)
    }

    /// Keys that were erased since then: no process has a use for what it made of them.
    pub async fn erased_key_sets(&self, since: OffsetDateTime) -> Result<Vec<StoredKeySet>, Error> {
        let rows = Entity::find()
            .filter(Column::ErasedAt.gte(Moment::from(since)))
            .all(self.conn())
            .await?;
        rows.iter().map(StoredKeySet::try_from).collect()
    }

    /// Whether these replaced keys may be erased: nothing is open that was begun under them, and nobody has erased them or
    /// taken them into use again.
    pub async fn is_done_with(&self, keys: &StoredKeySet) -> Result<bool, Error> {
        let row = Entity::find_by_id(keys.id.uuid())
            .filter(retiring())
            .one(self.conn())
            .await?;
        let Some(row) = row else { return Ok(false) };
        let opened = key_sets::open(self.conn(), self.keyring(), &row).await?;
        let partner = keys.owner.partner().map(PartnerId::uuid);
        let open = open::under_client(partner, keys.environment, &opened.client_id);
        Ok(open.into_tuple::<Uuid>().one(self.conn()).await?.is_none())
    }

    /// The keys of a sales unit that were replaced last and are not erased yet.
    pub async fn newest_retiring(
        &self,
        owner: KeySetOwner,
        environment: Environment,
    ) -> Result<Option<StoredKeySet>, Error> {
        let row = Entity::find()
            .filter(of(owner, environment))
            .filter(retiring())
            .order_by_desc(Column::UpdatedAt)
            .one(self.conn())
            .await?;
        row.as_ref().map(StoredKeySet::try_from).transpose()
    }
}

impl Registry<'_> {
    /// Begins no more under the keys in use of one owner. Returns which they were.
    pub async fn retire_keys_in_use(
        &self,
        owner: KeySetOwner,
        environment: Environment,
        at: OffsetDateTime,
    ) -> Result<Option<KeySetId>, Error> {
        let active = Entity::find()
            .filter(of(owner, environment))
            .filter(Column::State.eq(KeySetState::Active.as_str()))
            .one(self.conn)
            .await?;
        let Some(row) = active else { return Ok(None) };
        self.set_state(row.id, KeySetState::Active, KeySetState::Retired, at)
            .await?;
        Ok(Some(KeySetId::from_uuid(row.id)))
    }

    /// Takes replaced keys back into use that are not erased yet.
    ///
    /// # Errors
    /// [`Error::Stale`] when they are.
    pub async fn use_again(&self, id: KeySetId, at: OffsetDateTime) -> Result<(), Error> {
        self.set_state(id.uuid(), KeySetState::Retired, KeySetState::Active, at)
            .await
    }

    async fn set_state(
        &self,
        id: Uuid,
        from: KeySetState,
        to: KeySetState,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        let changed = ActiveModel {
            state: Set(to.as_str().to_owned()),
            updated_at: Set(at.into()),
            ..Default::default()
        };
        let done = Entity::update_many()
            .set(changed)
            .filter(Column::Id.eq(id))
            .filter(Column::State.eq(from.as_str()))
            .filter(Column::ErasedAt.is_null())
            .exec(self.conn)
            .await?;
        one_changed(&done)
    }

    /// Erases the secrets of replaced keys: what is sealed from now on is nothing.
    ///
    /// # Errors
    /// [`Error::Stale`] when they are in use again, or erased already.
    pub async fn erase_key_set(&self, keys: &StoredKeySet, at: OffsetDateTime) -> Result<(), Error> {
        let nothing = key_sets::seal_nothing(self.conn, self.keyring, keys).await?;
        let erased = ActiveModel {
            sealed: Set(nothing),
            erased_at: Set(Some(at.into())),
            updated_at: Set(at.into()),
            ..Default::default()
        };
        let done = Entity::update_many()
            .set(erased)
            .filter(Column::Id.eq(keys.id.uuid()))
            .filter(retiring())
            .exec(self.conn)
            .await?;
        one_changed(&done)
    }
}
