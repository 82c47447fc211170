//! A sales unit as the partner sees it who drafted it or has it live.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::{AssignmentId, CredentialMode, Msn, Proof, Trouble};
use store::registry::{AskedTransfer, AssignmentState, Check, Claim};
use time::OffsetDateTime;

use crate::registry::sales_units;
use crate::{App, Caller, Error, Health, Unit};

/// How far a sales unit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Said to be the partner's, and not proven.
    Draft,
    /// The claim is proven; something else is missing.
    Verified,
    /// The claim is proven, and the unit is on its way to the partner.
    Transfer,
    /// Payments can be made.
    Live,
    /// It was live, and Vipps refuses it with the keys it has.
    Disconnected,
    /// It moves away: no money is begun any more.
    Closing,
    /// It has moved to another partner.
    Moved,
}

/// What the last look at Vipps found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkup {
    pub at: OffsetDateTime,
    /// With the keys of that time, which may be others now.
    pub trouble: Option<Trouble>,
}

impl Stage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Verified => "verified",
            Self::Live => "live",
            Self::Disconnected => "disconnected",
            Self::Transfer => "transfer",
            Self::Closing => "closing",
            Self::Moved => "moved",
        }
    }
}

/// Keys on their way out: what was begun under them is finished under them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySwitch {
    /// When the unit's own keys were replaced first that are not erased yet. Absent where none of its own were.
    pub since: Option<OffsetDateTime>,
    /// Operations that are open under other keys than those that serve the unit now.
    pub open: u64,
}

/// A unit with its standing, in words too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldUnit {
    pub unit: Arc<Unit>,
    pub stage: Stage,
    /// Why it stands there and what comes next, in a sentence or two.
    pub reason: String,
    pub proof: Option<(Proof, OffsetDateTime)>,
    pub health: Health,
    pub checkup: Option<Checkup>,
    /// Set while a switch of its keys is under way.
    pub switch: Option<KeySwitch>,
}

impl App {
    /// The caller's sales unit: drafted, live, or moved to another partner. Foreign, unknown and narrowed away are the
    /// same answer.
    ///
    /// # Errors
    /// `NotFound(SalesUnit)`; [`Error::Unavailable`].
    pub async fn held_unit(&self, caller: &Caller, msn: &Msn) -> Result<HeldUnit, Error> {
        let unit = self.held_or_left(caller, msn).await?;
        self.with_standing(unit).await
    }

    /// The same, for the operator.
    ///
    /// # Errors
    /// As [`App::held_unit`].
    pub async fn unit_of_assignment(&self, id: AssignmentId) -> Result<HeldUnit, Error> {
        let unit = self.unit_for_operator(id).await?;
        self.with_standing(unit).await
    }

    pub(super) async fn unit_for_operator(&self, id: AssignmentId) -> Result<Arc<Unit>, Error> {
        let found = sales_units::show(self, id).await?;
        self.assigned_unit(found.partner, found.environment, id).await
    }

    async fn with_standing(&self, unit: Arc<Unit>) -> Result<HeldUnit, Error> {
        let reader = self.store().read(unit.partner, unit.environment);
        let claim = reader.scope().find_claim(unit.assignment).await?;
        let check = reader.scope().find_check(unit.assignment).await?;
        let health = self.health(unit.partner, unit.environment, [&*unit]).await?;
        let health = health.into_iter().next().unwrap_or(Health::Connected);
        let transfers = reader.scope().asked_transfers(Some(unit.assignment)).await?;
        let moves = transfers.iter().any(is_open);
        let switches = Switches::of(reader.scope(), Some(unit.assignment)).await?;
        let mut held = HeldUnit::new(unit, claim.as_ref(), health, check.as_ref(), moves);
        held.switch = switches.at(&held.unit);
        Ok(held)
    }

    /// All of the caller's sales units, drafted or live, by serial number, as far as the token reaches.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn held_units(&self, caller: &Caller) -> Result<Vec<HeldUnit>, Error> {
        let reader = self.store().read(caller.partner, caller.environment);
        let units = reader.scope().list_serving(caller.profile).await?;
        let units: Vec<_> = units
            .into_iter()
            .filter(|found| caller.reaches(&found.unit.assignment.msn))
            .map(|found| Arc::new(Unit::from(found)))
            .collect();
        let by_unit = |check: Check| (check.assignment, check);
        let checks: HashMap<AssignmentId, Check> = reader
            .scope()
            .list_checks()
            .await?
            .into_iter()
            .map(by_unit)
            .collect();
        let by_unit = |claim: Claim| (claim.assignment, claim);
        let claims: HashMap<AssignmentId, Claim> = reader
            .scope()
            .list_claims()
            .await?
            .into_iter()
            .map(by_unit)
            .collect();
        let transfers = reader.scope().asked_transfers(None).await?;
        let moving: HashSet<AssignmentId> = transfers
            .iter()
            .filter(|asked| is_open(asked))
            .map(|asked| asked.assignment)
            .collect();
        let switches = Switches::of(reader.scope(), None).await?;
        let health = self
            .health(
                caller.partner,
                caller.environment,
                units.iter().map(|unit| &**unit),
            )
            .await?;
        Ok(units
            .into_iter()
            .zip(health)
            .map(|(unit, health)| {
                let id = unit.assignment;
                let switch = switches.at(&unit);
                let moves = moving.contains(&id);
                let held = HeldUnit::new(unit, claims.get(&id), health, checks.get(&id), moves);
                HeldUnit { switch, ..held }
            })
            .collect())
    }
}

fn is_open(asked: &AskedTransfer) -> bool {
    !asked.stage.is_over()
}

impl HeldUnit {
    /// `moves` = its transfer to the partner is under way.
    fn new(
        unit: Arc<Unit>,
        claim: Option<&Claim>,
        health: Health,
        check: Option<&Check>,
        moves: bool,
    ) -> Self {
        let stage = match (unit.state, &health, claim) {
            (AssignmentState::Live, _, _) if unit.closing.is_some() => Stage::Closing,
            (AssignmentState::Ended, _, _) if unit.has_left() => Stage::Moved,
            (AssignmentState::Draft, _, Some(_)) if moves => Stage::Transfer,
            (AssignmentState::Live, Health::Disconnected { .. }, _) => Stage::Disconnected,
            (AssignmentState::Live, Health::Connected | Health::WithoutKeys, _) => Stage::Live,
            (AssignmentState::Draft | AssignmentState::Ended, _, Some(_)) => Stage::Verified,
            (AssignmentState::Draft | AssignmentState::Ended, _, None) => Stage::Draft,
        };
        let checkup = check.and_then(|check| {
            Some(Checkup {
                at: check.checked_at?,
                trouble: check.trouble.map(|(trouble, _)| trouble),
            })
        });
        Self {
            reason: reason(stage, &unit, &health),
            stage,
            proof: claim.map(|claim| (claim.proof, claim.proven_at)),
            health,
            checkup,
            switch: None,
            unit,
        }
    }
}

/// The switches of keys of one partner's sales units.
struct Switches {
    retiring: HashMap<AssignmentId, OffsetDateTime>,
    open: HashMap<AssignmentId, Vec<(String, u64)>>,
}

impl Switches {
    /// Of one unit, or of all.
    async fn of(rows: store::Scope<'_, store::Read>, unit: Option<AssignmentId>) -> Result<Self, Error> {
        let mut switches = Self {
            retiring: HashMap::new(),
            open: HashMap::new(),
        };
        for (assignment, since) in rows.retiring_keys(unit).await? {
            switches.retiring.entry(assignment).or_insert(since);
        }
        for (assignment, client_id, many) in rows.open_by_client().await? {
            let open = switches.open.entry(assignment).or_default();
            open.push((client_id, many));
        }
        Ok(switches)
    }

    fn at(&self, unit: &Unit) -> Option<KeySwitch> {
        let serves = unit.keys.as_ref().map(|keys| keys.client_id.as_str());
        let others = self.open.get(&unit.assignment).into_iter().flatten();
        let others = others.filter(|(client_id, _)| Some(client_id.as_str()) != serves);
        let switch = KeySwitch {
            since: self.retiring.get(&unit.assignment).copied(),
            open: others.map(|(_, many)| many).sum(),
        };
        (switch.since.is_some() || switch.open > 0).then_some(switch)
    }
}

fn reason(stage: Stage, unit: &Unit, health: &Health) -> String {
    let text = match (stage, health, unit.mode) {
        (Stage::Live, Health::WithoutKeys, _) => {
            "Live, but no proven keys or no product profile serve it now: put its credentials, or ask the operator."
        }
        (Stage::Live, _, _) => "Payments can be made.",
        (Stage::Disconnected, Health::Disconnected { because, .. }, _) => return because.clone(),
        (Stage::Disconnected, _, _) => "Vipps refuses the sales unit with the keys it has.",
        (Stage::Transfer, _, _) => {
            "The claim is proven, and the sales unit is on its way here: it goes live by itself. Nothing is needed for that."
        }
        (Stage::Closing, _, _) => {
            "The sales unit moves away: no money operation is begun here any more. What was begun is settled, and all of it can be read."
        }
        (Stage::Moved, _, _) => {
            "The sales unit has moved away. What was done here can be read; nothing is sent for it any more."
        }
        (Stage::Verified, _, _) if unit.product.is_none() => {
            "The claim is proven. Calls need a product profile, which the operator adds; then probe the sales unit."
        }
        (Stage::Verified, _, _) if unit.keys.is_none() => {
            "The claim is proven. No proven keys serve its credential mode yet: put its credentials."
        }
        (Stage::Verified, _, _) => {
            "The claim is proven. Ask for its transfer, and it goes live here; after a refusal put its own keys again first."
        }
        (Stage::Draft, _, CredentialMode::Own) => {
            "Nobody has shown yet that the sales unit is this merchant's: put its own keys, and Vipps is asked."
        }
        (Stage::Draft, _, CredentialMode::Partner) => {
            "Nobody has shown yet that the sales unit is connected to the partner: probe it, and Vipps is asked with the \
             partner's keys."
        }
        (Stage::Draft, _, CredentialMode::Platform) => {
            "The operator's keys prove nothing about whose the sales unit is: put its own keys once, or ask the operator."
        }
    };
    text.to_owned()
}
