//! Keys at Vipps: sealed, and of use only once proven.

use domain::{AssignmentId, CredentialMode, Environment, KeySet, KeySetId, KeySetKind, PartnerId, Secret};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, Set};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Part, Registry, insert, one_changed};
use crate::conn::Conn;
use crate::sealing::{Context, Owner};
use crate::table::key_sets::{ActiveModel, Column, Entity, Model};
use crate::{Error, Keyring, Scope, System, data_keys, table};

const TABLE: &str = "key_sets";
/// What the fingerprints of client ids are made for.
const CLIENT_ID: &str = "vipps client id";

/// Whose keys they are, which is also what their kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySetOwner {
    SalesUnit {
        partner: PartnerId,
        assignment: AssignmentId,
    },
    Partner(PartnerId),
    /// The operator.
    Platform,
    Accounting(PartnerId),
}

impl KeySetOwner {
    pub const fn kind(self) -> KeySetKind {
        match self {
            Self::SalesUnit { .. } => KeySetKind::SalesUnit,
            Self::Partner(_) => KeySetKind::Partner,
            Self::Platform => KeySetKind::Platform,
            Self::Accounting(_) => KeySetKind::Accounting,
        }
    }

    pub const fn partner(self) -> Option<PartnerId> {
        match self {
            Self::SalesUnit { partner, .. } | Self::Partner(partner) | Self::Accounting(partner) => {
                Some(partner)
            }
            Self::Platform => None,
        }
    }

    pub const fn assignment(self) -> Option<AssignmentId> {
        match self {
            Self::SalesUnit { assignment, .. } => Some(assignment),
            Self::Partner(_) | Self::Platform | Self::Accounting(_) => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeySetState {
    /// Stored, and not yet proven by a token call.
    Draft,
    /// Proven: in use.
    Active,
    /// Replaced by newer ones; what was begun under them is finished under them.
    Retiring,
    /// Replaced, and their secrets erased.
    Retired,
}

impl KeySetState {
    pub const ALL: [Self; 4] = [Self::Draft, Self::Active, Self::Retiring, Self::Retired];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }
}

/// A key set as it is kept, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKeySet {
    pub id: KeySetId,
    pub owner: KeySetOwner,
    pub environment: Environment,
    pub state: KeySetState,
    pub version: i64,
    /// A keyed fingerprint of the client id: equal for equal ids under one master key.
    pub client_fingerprint: String,
    pub proven_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Which key sets to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeySetFilter {
    pub partner: Option<PartnerId>,
    pub assignment: Option<AssignmentId>,
}

impl TryFrom<&Model> for StoredKeySet {
    type Error = Error;

    fn try_from(row: &Model) -> Result<Self, Error> {
        let kind = table::named(&KeySetKind::ALL, KeySetKind::as_str, &row.kind, TABLE, row.id)?;
        let partner = row.partner_id.map(PartnerId::from_uuid);
        let assignment = row.assignment_id.map(AssignmentId::from_uuid);
        let owner = match (kind, partner, assignment) {
            (KeySetKind::SalesUnit, Some(partner), Some(assignment)) => {
                KeySetOwner::SalesUnit { partner, assignment }
            }
            (KeySetKind::Partner, Some(partner), None) => KeySetOwner::Partner(partner),
            (KeySetKind::Accounting, Some(partner), None) => KeySetOwner::Accounting(partner),
            (KeySetKind::Platform, None, None) => KeySetOwner::Platform,
            (
                KeySetKind::SalesUnit | KeySetKind::Partner | KeySetKind::Accounting | KeySetKind::Platform,
                _,
                _,
            ) => return Err(Error::corrupt(TABLE, row.id)),
        };
        Ok(Self {
            id: KeySetId::from_uuid(row.id),
            owner,
            environment: table::environment(&row.environment, TABLE, row.id)?,
            state: state(row)?,
            version: row.version,
            client_fingerprint: row.client_fingerprint.clone(),
            proven_at: row.proven_at.map(|at| at.at(TABLE, row.id)).transpose()?,
            created_at: row.created_at.at(TABLE, row.id)?,
            updated_at: row.updated_at.at(TABLE, row.id)?,
        })
    }
}

fn state(row: &Model) -> Result<KeySetState, Error> {
    let kept = table::named(&KeySetState::ALL, KeySetState::as_str, &row.state, TABLE, row.id)?;
    Ok(match kept {
        KeySetState::Retired if row.erased_at.is_none() => KeySetState::Retiring,
        KeySetState::Draft | KeySetState::Active | KeySetState::Retiring | KeySetState::Retired => kept,
    })
}

fn context(owner: KeySetOwner, environment: Environment, id: KeySetId, version: i64) -> Context {
    Context {
        environment: Some(environment),
        owner: owner.partner().map_or(Owner::Gateway, Owner::Partner),
        table: TABLE,
        row: id.uuid(),
        version,
    }
}

/// The four members as one text, separated by zero bytes, which none of them can hold.
fn pack(keys: &KeySet) -> Zeroizing<Vec<u8>> {
    let secondary = keys
        .secondary_subscription_key
        .as_ref()
        .map_or("", Secret::reveal);
    let members = [
        keys.client_id.as_str(),
        keys.client_secret.reveal(),
        keys.subscription_key.reveal(),
        secondary,
    ];
    Zeroizing::new(members.join("\0").into_bytes())
}

/// A value like any other, of no keys: it is sealed anew with the others when keys of the house rotate.
pub(super) async fn seal_nothing(
    conn: &Conn,
    keyring: &Keyring,
    keys: &StoredKeySet,
) -> Result<Vec<u8>, Error> {
    let context = context(keys.owner, keys.environment, keys.id, keys.version);
    data_keys::seal(conn, keyring, &context, b"").await
}

pub(super) async fn open(conn: &Conn, keyring: &Keyring, row: &Model) -> Result<KeySet, Error> {
    let stored = StoredKeySet::try_from(row)?;
    let context = context(stored.owner, stored.environment, stored.id, stored.version);
    let opened = data_keys::open(conn, keyring, &context, &row.sealed).await?;
    let text = std::str::from_utf8(&opened).map_err(|_| Error::corrupt(TABLE, row.id))?;
    let mut members = text.split('\0');
    let (Some(client_id), Some(client_secret), Some(primary), Some(secondary), None) = (
        members.next(),
        members.next(),
        members.next(),
        members.next(),
        members.next(),
    ) else {
        return Err(Error::corrupt(TABLE, row.id));
    };
    Ok(KeySet {
        id: stored.id,
        version: stored.version,
        kind: stored.owner.kind(),
        environment: stored.environment,
        client_id: client_id.to_owned(),
        client_secret: Secret::new(client_secret),
        subscription_key: Secret::new(primary),
        secondary_subscription_key: Some(secondary).filter(|key| !key.is_empty()).map(Secret::new),
    })
}

impl<M> Scope<'_, M> {
    /// The active keys that serve an assignment of this partner by its credential mode: its own, the
    /// partner's, or the operator's.
    pub async fn serving_keys(
        &self,
        assignment: AssignmentId,
        mode: CredentialMode,
    ) -> Result<Option<KeySet>, Error> {
        let own = || Column::PartnerId.eq(self.partner().uuid());
        let whose = match mode {
            CredentialMode::Own => Condition::all()
                .add(own())
                .add(Column::Kind.eq(KeySetKind::SalesUnit.as_str()))
                .add(Column::AssignmentId.eq(assignment.uuid())),
            CredentialMode::Partner => Condition::all()
                .add(own())
                .add(Column::Kind.eq(KeySetKind::Partner.as_str())),
            CredentialMode::Platform => Condition::all()
                .add(Column::PartnerId.is_null())
                .add(Column::Kind.eq(KeySetKind::Platform.as_str())),
        };
        self.active_keys(whose).await
    }

    /// The partner's own active keys, which serve all of its units.
    pub async fn partner_keys(&self) -> Result<Option<KeySet>, Error> {
        let whose = Condition::all()
            .add(Column::PartnerId.eq(self.partner().uuid()))
            .add(Column::Kind.eq(KeySetKind::Partner.as_str()));
        self.active_keys(whose).await
    }

    async fn active_keys(&self, whose: Condition) -> Result<Option<KeySet>, Error> {
        let row = Entity::find()
            .filter(whose)
            .filter(Column::Environment.eq(self.environment().as_str()))
            .filter(Column::State.eq(KeySetState::Active.as_str()))
            .one(self.conn())
            .await?;
        match row {
            Some(row) => open(self.conn(), self.keyring(), &row).await.map(Some),
            None => Ok(None),
        }
    }
}

impl<M> System<'_, M> {
    pub async fn find_key_set(&self, id: KeySetId) -> Result<Option<StoredKeySet>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        row.as_ref().map(StoredKeySet::try_from).transpose()
    }

    /// A key set with its secrets: to prove it, and to send again under the keys of the first send.
    pub async fn open_key_set(&self, id: KeySetId) -> Result<Option<KeySet>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(self.conn()).await?;
        match row {
            Some(row) => open(self.conn(), self.keyring(), &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// When keys of the unit itself were proven last as this assignment, whatever became of them.
    pub async fn own_keys_shown(&self, assignment: AssignmentId) -> Result<Option<OffsetDateTime>, Error> {
        let row = Entity::find()
            .filter(Column::AssignmentId.eq(assignment.uuid()))
            .filter(Column::Kind.eq(KeySetKind::SalesUnit.as_str()))
            .filter(Column::ProvenAt.is_not_null())
            .order_by_desc(Column::ProvenAt)
            .one(self.conn())
            .await?;
        let Some(row) = row else { return Ok(None) };
        row.proven_at.map(|at| at.at(TABLE, row.id)).transpose()
    }

    /// Oldest first.
    pub async fn list_key_sets(&self, filter: KeySetFilter, part: Part) -> Result<Vec<StoredKeySet>, Error> {
        let mut query = part.of(Entity::find(), Column::Id);
        if let Some(partner) = filter.partner {
            query = query.filter(Column::PartnerId.eq(partner.uuid()));
        }
        if let Some(assignment) = filter.assignment {
            query = query.filter(Column::AssignmentId.eq(assignment.uuid()));
        }
        let rows = query.all(self.conn()).await?;
        rows.iter().map(StoredKeySet::try_from).collect()
    }
}

impl Registry<'_> {
    /// Seals and stores keys as a draft.
    pub async fn add_key_set(
        &self,
        keys: &KeySet,
        owner: KeySetOwner,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        let context = context(owner, keys.environment, keys.id, keys.version);
        let sealed = data_keys::seal(self.conn, self.keyring, &context, &pack(keys)).await?;
        let row = Model {
            id: keys.id.uuid(),
            partner_id: owner.partner().map(PartnerId::uuid),
            environment: keys.environment.as_str().to_owned(),
            kind: owner.kind().as_str().to_owned(),
            assignment_id: owner.assignment().map(AssignmentId::uuid),
            state: KeySetState::Draft.as_str().to_owned(),
            version: keys.version,
            sealed,
            client_fingerprint: self.keyring.fingerprint(CLIENT_ID, keys.client_id.as_bytes()),
            erased_at: None,
            proven_at: None,
            created_at: at.into(),
            updated_at: at.into(),
        };
        insert::<Entity>(self.conn, row).await
    }

    /// Puts proven keys to use and retires those they replace.
    ///
    /// # Errors
    /// [`Error::Stale`] when they are gone or no draft any more.
    pub async fn activate_key_set(
        &self,
        keys: &StoredKeySet,
        proven_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let partner = match keys.owner.partner() {
            Some(partner) => Column::PartnerId.eq(partner.uuid()),
            None => Column::PartnerId.is_null(),
        };
        let assignment = match keys.owner.assignment() {
            Some(assignment) => Column::AssignmentId.eq(assignment.uuid()),
            None => Column::AssignmentId.is_null(),
        };
        let retired = ActiveModel {
            state: Set(KeySetState::Retired.as_str().to_owned()),
            updated_at: Set(proven_at.into()),
            ..Default::default()
        };
        Entity::update_many()
            .set(retired)
            .filter(partner)
            .filter(assignment)
            .filter(Column::Environment.eq(keys.environment.as_str()))
            .filter(Column::Kind.eq(keys.owner.kind().as_str()))
            .filter(Column::State.eq(KeySetState::Active.as_str()))
            .exec(self.conn)
            .await?;
        let active = ActiveModel {
            state: Set(KeySetState::Active.as_str().to_owned()),
            proven_at: Set(Some(proven_at.into())),
            updated_at: Set(proven_at.into()),
            ..Default::default()
        };
        let activated = Entity::update_many()
            .set(active)
            .filter(Column::Id.eq(keys.id.uuid()))
            .filter(Column::State.eq(KeySetState::Draft.as_str()))
            .exec(self.conn)
            .await?;
        one_changed(&activated)
    }

    /// # Errors
    /// [`Error::Stale`] when they are gone already.
    pub async fn remove_key_set(&self, id: KeySetId) -> Result<(), Error> {
        let removed = Entity::delete_by_id(id.uuid()).exec(self.conn).await?;
        if removed.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Stale)
        }
    }
}
