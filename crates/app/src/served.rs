//! A sales unit with the right to call Vipps for it, as the money path carries it.

use domain::{AssignmentId, Environment, Msn, PartnerId, TraceContext};
use outbound::Access;

use crate::{App, Caller, Error, registry};

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
    /// The caller's live sales unit, ready to call Vipps for.
    pub(crate) async fn served(&self, caller: &Caller, msn: &Msn) -> Result<Served, Error> {
        let unit = self.unit(caller, msn).await?;
        Served::of(&unit, caller.trace.clone())
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
