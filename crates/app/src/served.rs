//! A sales unit with the right to call Vipps for it, as the money path carries it.

use std::sync::Arc;

use domain::{AssignmentId, Environment, KeySet, Msn, PartnerId, TraceContext};
use outbound::Access;
use store::money::Operation;

use crate::{App, Caller, Error, registry};

/// How a caller reaches a sales unit.
pub(crate) enum Reach {
    Served(Served),
    /// It has moved to another partner: what is in the books can be read, and nothing is asked of Vipps.
    Left(Arc<registry::Unit>),
}

/// The assignment that payments hang on, and the keys that serve it now.
#[derive(Debug, Clone)]
pub struct Served {
    pub assignment: AssignmentId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub msn: Msn,
    pub access: Access,
}

impl Served {
    pub(crate) fn of(unit: &registry::Unit, trace: TraceContext) -> Result<Self, Error> {
        Ok(Self {
            assignment: unit.assignment,
            partner: unit.partner,
            environment: unit.environment,
            msn: unit.msn.clone(),
            access: unit.access(trace)?,
        })
    }
}

impl App {
    /// The caller's sales unit, as far as it reaches it.
    pub(crate) async fn reach(&self, caller: &Caller, msn: &Msn) -> Result<Reach, Error> {
        let unit = self.unit(caller, msn).await?;
        if unit.has_left() {
            return Ok(Reach::Left(unit));
        }
        Ok(Reach::Served(Served::of(&unit, caller.trace.clone())?))
    }

    /// The caller's live sales unit, ready to call Vipps for.
    ///
    /// # Errors
    /// [`Error::Closed`] when it has moved to another partner.
    pub(crate) async fn served(&self, caller: &Caller, msn: &Msn) -> Result<Served, Error> {
        match self.reach(caller, msn).await? {
            Reach::Served(served) => Ok(served),
            Reach::Left(_) => Err(Error::Closed),
        }
    }

    /// The same, for what changes something at Vipps.
    ///
    /// # Errors
    /// [`Error::Closed`] also while it moves.
    pub(crate) async fn served_openly(&self, caller: &Caller, msn: &Msn) -> Result<Served, Error> {
        let unit = self.unit(caller, msn).await?;
        if unit.closing.is_some() {
            return Err(Error::Closed);
        }
        Served::of(&unit, caller.trace.clone())
    }

    /// The sales unit of an operation with the keys that it began under, as long as they are kept; else with those that
    /// serve it now.
    pub(crate) async fn served_operation(&self, operation: &Operation) -> Result<Served, Error> {
        let unit = self
            .assigned_unit(operation.partner, operation.environment, operation.assignment)
            .await?;
        let same = |keys: &Arc<KeySet>| keys.client_id == operation.client_id;
        if unit.keys.as_ref().is_some_and(same) {
            return Served::of(&unit, TraceContext::default());
        }
        let reader = self.store().read(operation.partner, operation.environment);
        let keys = reader
            .scope()
            .keys_of_client(operation.assignment, &operation.client_id)
            .await?;
        let unit = registry::Unit {
            keys: keys.map(Arc::new).or_else(|| unit.keys.clone()),
            ..(*unit).clone()
        };
        Served::of(&unit, TraceContext::default())
    }

    /// The sales unit that work was begun under, whoever holds it now.
    pub(crate) async fn served_assignment(
        &self,
        partner: PartnerId,
        environment: Environment,
        assignment: AssignmentId,
    ) -> Result<Served, Error> {
        let unit = self.assigned_unit(partner, environment, assignment).await?;
        Served::of(&unit, TraceContext::default())
    }
}
