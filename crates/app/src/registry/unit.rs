//! The way of a request to its sales unit.

use std::sync::Arc;

use domain::{
    AssignmentId, Closing, CredentialMode, Environment, KeySet, MerchantId, Msn, PartnerId, ProductProfile,
    TraceContext,
};
use outbound::Access;
use store::registry::{AssignmentState, Market, Orphans, Serving, Which as Wanted};
use store::{Read, Scope};
use time::OffsetDateTime;

use super::view::{UnitKey, Which};
use crate::{App, Caller, Error, What};

/// A sales unit as one partner holds it, with what a call to Vipps needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub assignment: AssignmentId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub merchant: MerchantId,
    pub msn: Msn,
    pub name: String,
    pub market: Market,
    pub mode: CredentialMode,
    pub state: AssignmentState,
    pub orphans: Orphans,
    /// Set while the unit moves to another partner, and once it has.
    pub closing: Option<Closing>,
    pub live_from: Option<OffsetDateTime>,
    /// The active keys of the unit's credential mode. Absent = none are proven yet.
    pub keys: Option<Arc<KeySet>>,
    /// How the product behind the call names itself. Absent = the partner has no profile.
    pub product: Option<Arc<ProductProfile>>,
}

impl Unit {
    /// Whether it has moved to another partner.
    pub fn has_left(&self) -> bool {
        self.closing == Some(Closing::Moved)
    }

    /// The right to call Vipps for this unit.
    ///
    /// # Errors
    /// [`Error::WithoutKeys`].
    pub fn access(&self, trace: TraceContext) -> Result<Access, Error> {
        let (Some(keys), Some(product)) = (&self.keys, &self.product) else {
            return Err(Error::WithoutKeys);
        };
        Ok(Access {
            environment: self.environment,
            partner: Some(self.partner),
            keys: Arc::clone(keys),
            msn: Some(self.msn.clone()),
            product: Arc::clone(product),
            trace,
        })
    }
}

impl App {
    /// The caller's live sales unit, or the one that has moved to another partner: what the caller did with it can
    /// still be read. Foreign, unknown and narrowed away are the same answer.
    ///
    /// # Errors
    /// `NotFound(SalesUnit)`; [`Error::Unavailable`].
    pub async fn unit(&self, caller: &Caller, msn: &Msn) -> Result<Arc<Unit>, Error> {
        self.unit_or_left(caller, Which::Live(msn.clone()), msn).await
    }

    /// The caller's sales unit, drafted or live.
    ///
    /// # Errors
    /// As [`App::unit`].
    pub async fn held(&self, caller: &Caller, msn: &Msn) -> Result<Arc<Unit>, Error> {
        self.unit_of(caller, Which::Held(msn.clone()), msn).await
    }

    /// The caller's sales unit, drafted, live, or moved to another partner.
    ///
    /// # Errors
    /// As [`App::unit`].
    pub async fn held_or_left(&self, caller: &Caller, msn: &Msn) -> Result<Arc<Unit>, Error> {
        self.unit_or_left(caller, Which::Held(msn.clone()), msn).await
    }

    async fn unit_or_left(&self, caller: &Caller, which: Which, msn: &Msn) -> Result<Arc<Unit>, Error> {
        match self.unit_of(caller, which, msn).await {
            Err(Error::NotFound(_)) => self.unit_of(caller, Which::Left(msn.clone()), msn).await,
            found => found,
        }
    }

    async fn unit_of(&self, caller: &Caller, which: Which, msn: &Msn) -> Result<Arc<Unit>, Error> {
        if !caller.reaches(msn) {
            return Err(Error::NotFound(What::SalesUnit));
        }
        self.cached_unit(UnitKey {
            partner: caller.partner,
            environment: caller.environment,
            which,
            profile: caller.profile,
        })
        .await
    }

    /// The sales unit of an assignment in whatever state: for the work that was begun under it.
    ///
    /// # Errors
    /// As [`App::unit`].
    pub async fn assigned_unit(
        &self,
        partner: PartnerId,
        environment: Environment,
        assignment: AssignmentId,
    ) -> Result<Arc<Unit>, Error> {
        self.cached_unit(UnitKey {
            partner,
            environment,
            which: Which::Assigned(assignment),
            profile: None,
        })
        .await
    }

    async fn cached_unit(&self, key: UnitKey) -> Result<Arc<Unit>, Error> {
        let version = self.registry_version().await?;
        let cached = (key, version);
        if let Some(unit) = self.view().units.get(&cached).await {
            return Ok(unit);
        }
        // What was read after the version is at least as new as the version, so it may stand under it.
        let reader = self.store().read(cached.0.partner, cached.0.environment);
        let unit = load(reader.scope(), &cached.0).await?;
        let unit = Arc::new(unit.ok_or(Error::NotFound(What::SalesUnit))?);
        self.view().units.insert(cached, Arc::clone(&unit)).await;
        Ok(unit)
    }
}

/// One query.
async fn load(scope: Scope<'_, Read>, key: &UnitKey) -> Result<Option<Unit>, Error> {
    let which = match &key.which {
        Which::Live(msn) => Wanted::Live(msn),
        Which::Held(msn) => Wanted::Held(msn),
        Which::Left(msn) => Wanted::Left(msn),
        Which::Assigned(assignment) => Wanted::Assigned(*assignment),
    };
    let found = scope.find_serving(which, key.profile).await?;
    Ok(found.map(Unit::from))
}

impl From<Serving> for Unit {
    fn from(found: Serving) -> Self {
        let assignment = found.unit.assignment;
        Self {
            product: found.profile.map(|profile| Arc::new(profile.product)),
            keys: found.keys.map(Arc::new),
            assignment: assignment.id,
            partner: assignment.partner,
            environment: assignment.environment,
            merchant: assignment.merchant,
            msn: assignment.msn,
            name: assignment.name,
            market: found.unit.market,
            mode: assignment.credential_mode,
            state: assignment.state,
            orphans: assignment.orphans,
            closing: assignment.closing,
            live_from: assignment.live_from,
        }
    }
}
