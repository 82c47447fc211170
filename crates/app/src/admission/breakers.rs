//! The breakers of one process.

use std::collections::HashMap;

use domain::admission::breaker::{Breaker, Change, Leave, Rules};
use domain::{AssignmentId, Environment, KeySetId, PartnerId};
use outbound::vipps::Endpoint;
use time::{Duration, OffsetDateTime};

use super::outage::Ended;
use super::{Held, Purpose, Settings};
use crate::served::Served;

/// Keys as they serve one sales unit: what Vipps refuses. Newer keys have another version and start anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Line {
    pub(super) keys: KeySetId,
    pub(super) keys_version: i64,
    pub(super) assignment: AssignmentId,
}

impl Line {
    pub(super) fn of(unit: &Served) -> Self {
        Self {
            keys: unit.access.keys.id,
            keys_version: unit.access.keys.version,
            assignment: unit.assignment,
        }
    }
}

/// A sales unit that is refused, or on its way there.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) breaker: Breaker<()>,
    /// Vipps' last answer, 401 or 403.
    pub(super) status: u16,
    /// Whether other processes can know of it.
    pub(super) is_shared: bool,
}

/// A partner as a whole, through which door.
pub(super) type Wide = (PartnerId, Environment, Endpoint);

/// Who calls, through which door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) line: Line,
    pub(super) partner: PartnerId,
    pub(super) environment: Environment,
    pub(super) endpoint: Endpoint,
}

impl Way {
    pub(super) fn of(unit: &Served, endpoint: Endpoint) -> Self {
        Self {
            line: Line::of(unit),
            partner: unit.partner,
            environment: unit.environment,
            endpoint,
        }
    }
}

/// A call that may leave, and of which breakers it is the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probes {
    connection: bool,
    unit: bool,
    door: bool,
}

/// What a call's end changed: the sales unit was taken for disconnected, with Vipps' answer; or for connected again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connected {
    No { status: u16, since: OffsetDateTime },
    Again,
}

#[derive(Debug)]
pub(super) struct Breakers {
    outage: Rules,
    unit_outage: Rules,
    disconnection: Rules,
    /// Only those with trouble are here: who is well costs nothing.
    pub(super) connections: HashMap<Line, Connection>,
    units: HashMap<(AssignmentId, Endpoint), Breaker<()>>,
    doors: HashMap<(Environment, Endpoint), Breaker<AssignmentId>>,
    /// By partner, for calls that are for no sales unit of it.
    partners: HashMap<Wide, Breaker<()>>,
    /// When a look was last asked for, by those whose keys the token service refused.
    doubted: HashMap<Line, OffsetDateTime>,
}

impl Breakers {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            outage: settings.outage,
            unit_outage: settings.unit_outage,
            disconnection: settings.disconnection,
            connections: HashMap::new(),
            units: HashMap::new(),
            doors: HashMap::new(),
            partners: HashMap::new(),
            doubted: HashMap::new(),
        }
    }

    /// Whether a call could leave now; changes nothing.
    pub(super) fn look(&self, way: &Way, purpose: Purpose, now: OffsetDateTime) -> Result<(), Held> {
        if let Some(connection) = self.connections.get(&way.line) {
            let leave = connection.breaker.look(now).map_err(disconnected)?;
            // Only money tells whether the unit is connected: other APIs have rights of their own.
            if leave == Leave::AsProbe && !way.endpoint.is_epayment() {
                return Err(disconnected(self.disconnection.open));
            }
        }
        if purpose == Purpose::Settle {
            return Ok(());
        }
        if let Some(unit) = self.units.get(&(way.line.assignment, way.endpoint)) {
            unit.look(now).map_err(outage)?;
        }
        if let Some(door) = self.doors.get(&(way.environment, way.endpoint)) {
            door.look(now).map_err(outage)?;
        }
        Ok(())
    }

    /// Lets a call leave, or not. [`Breakers::ended`] has to follow.
    pub(super) fn leave(&mut self, way: &Way, purpose: Purpose, now: OffsetDateTime) -> Result<Probes, Held> {
        self.look(way, purpose, now)?;
        // What settles an unknown outcome leaves past a breaker that is open: it has a pace of its own.
        let probes = |breaker: Option<Result<Leave, Duration>>| breaker == Some(Ok(Leave::AsProbe));
        let connection = self.connections.get_mut(&way.line);
        let unit = self.units.get_mut(&(way.line.assignment, way.endpoint));
        let door = self.doors.get_mut(&(way.environment, way.endpoint));
        Ok(Probes {
            connection: probes(connection.map(|one| one.breaker.leave(now))),
            unit: probes(unit.map(|one| one.leave(now))),
            door: probes(door.map(|one| one.leave(now))),
        })
    }

    /// Learns from the end of a call that began at `began`.
    pub(super) fn ended(
        &mut self,
        way: &Way,
        probes: Probes,
        ended: Ended,
        began: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Option<Connected> {
        match ended {
            Ended::Answered => {
                self.works(way, began);
                self.is_connected(way, began)
            }
            Ended::Failed => {
                self.fails(way, probes, now);
                if probes.connection {
                    self.connection_gave_up(way);
                }
                None
            }
            Ended::Refused(status) => {
                self.gave_up(way, probes);
                self.is_refused(way, probes, status, now)
            }
            Ended::Silent => {
                self.gave_up(way, probes);
                if probes.connection {
                    self.connection_gave_up(way);
                }
                None
            }
        }
    }

    /// Lets a call for a partner as a whole leave, or not; and whether it finds out if things are better.
    pub(super) fn leave_wide(
        &mut self,
        wide: Wide,
        purpose: Purpose,
        now: OffsetDateTime,
    ) -> Result<bool, Held> {
        match self.partners.get_mut(&wide).map(|breaker| breaker.leave(now)) {
            None | Some(Ok(Leave::Freely)) => Ok(false),
            Some(Ok(Leave::AsProbe)) => Ok(true),
            Some(Err(_)) if purpose == Purpose::Settle => Ok(false),
            Some(Err(wait)) => Err(outage(wait)),
        }
    }

    /// Learns from the end of such a call that began at `began`. That Vipps refuses the keys is no outage.
    pub(super) fn ended_wide(
        &mut self,
        wide: Wide,
        probe: bool,
        ended: Ended,
        began: OffsetDateTime,
        now: OffsetDateTime,
    ) {
        match ended {
            Ended::Answered => {
                if let Some(breaker) = self.partners.get_mut(&wide) {
                    breaker.succeeded(began);
                    if breaker.open_since().is_none() {
                        self.partners.remove(&wide);
                    }
                }
            }
            Ended::Failed => {
                let rules = self.unit_outage;
                let breaker = self.partners.entry(wide).or_insert_with(|| Breaker::new(rules));
                if breaker.failed((), now, probe) == Change::Opened {
                    let (partner, environment, endpoint) = wide;
                    tracing::warn!(
                        api = endpoint.api(),
                        endpoint = endpoint.name(),
                        partner.id = %partner,
                        environment = environment.as_str(),
                        "calls for a partner as a whole are held back: Vipps does not answer them"
                    );
                }
            }
            Ended::Refused(_) | Ended::Silent => {
                if let Some(breaker) = self.partners.get_mut(&wide).filter(|_| probe) {
                    breaker.gave_up();
                }
            }
        }
    }

    /// Whether nobody has doubted these keys for a while.
    pub(super) fn is_new_doubt(&mut self, line: Line, now: OffsetDateTime) -> bool {
        const EVERY: Duration = Duration::minutes(10);
        self.doubted.retain(|_, at| now - *at < EVERY);
        if self.doubted.contains_key(&line) {
            return false;
        }
        self.doubted.insert(line, now);
        true
    }

    /// A connection that others can know of now.
    pub(super) fn is_shared(&mut self, line: &Line) {
        if let Some(connection) = self.connections.get_mut(line) {
            connection.is_shared = true;
        }
    }

    fn works(&mut self, way: &Way, began: OffsetDateTime) {
        let unit = (way.line.assignment, way.endpoint);
        if let Some(breaker) = self.units.get_mut(&unit) {
            if breaker.succeeded(began) == Change::Closed {
                tracing::info!(
                    api = way.endpoint.api(),
                    endpoint = way.endpoint.name(),
                    assignment.id = %way.line.assignment,
                    "a sales unit is served again"
                );
            }
            if breaker.open_since().is_none() {
                self.units.remove(&unit);
            }
        }
        let door = (way.environment, way.endpoint);
        if let Some(breaker) = self.doors.get_mut(&door) {
            if breaker.succeeded(began) == Change::Closed {
                tell(way, "door", "closed");
                tracing::warn!(
                    api = way.endpoint.api(),
                    endpoint = way.endpoint.name(),
                    environment = way.environment.as_str(),
                    "a door of Vipps answers again"
                );
            }
            if breaker.open_since().is_none() {
                self.doors.remove(&door);
            }
        }
    }

    fn fails(&mut self, way: &Way, probes: Probes, now: OffsetDateTime) {
        let unit = self
            .units
            .entry((way.line.assignment, way.endpoint))
            .or_insert_with(|| Breaker::new(self.unit_outage));
        if unit.failed((), now, probes.unit) == Change::Opened {
            tell(way, "sales_unit", "opened");
            tracing::warn!(
                api = way.endpoint.api(),
                endpoint = way.endpoint.name(),
                assignment.id = %way.line.assignment,
                "Vipps answers nothing for a sales unit; new calls for it are held back for a while"
            );
        }
        let door = self
            .doors
            .entry((way.environment, way.endpoint))
            .or_insert_with(|| Breaker::new(self.outage));
        if door.failed(way.line.assignment, now, probes.door) == Change::Opened {
            tell(way, "door", "opened");
            tracing::error!(
                api = way.endpoint.api(),
                endpoint = way.endpoint.name(),
                environment = way.environment.as_str(),
                "a door of Vipps is out; new calls are held back for a while"
            );
        }
    }

    fn gave_up(&mut self, way: &Way, probes: Probes) {
        if probes.unit
            && let Some(unit) = self.units.get_mut(&(way.line.assignment, way.endpoint))
        {
            unit.gave_up();
        }
        if probes.door
            && let Some(door) = self.doors.get_mut(&(way.environment, way.endpoint))
        {
            door.gave_up();
        }
    }

    fn connection_gave_up(&mut self, way: &Way) {
        if let Some(connection) = self.connections.get_mut(&way.line) {
            connection.breaker.gave_up();
        }
    }

    fn is_connected(&mut self, way: &Way, began: OffsetDateTime) -> Option<Connected> {
        // The keys of one unit may be good for receipts and not for money.
        if !way.endpoint.is_epayment() {
            return None;
        }
        let connection = self.connections.get_mut(&way.line)?;
        let change = connection.breaker.succeeded(began);
        if connection.breaker.open_since().is_none() {
            self.connections.remove(&way.line);
        }
        (change == Change::Closed).then_some(Connected::Again)
    }

    fn is_refused(
        &mut self,
        way: &Way,
        probes: Probes,
        status: u16,
        now: OffsetDateTime,
    ) -> Option<Connected> {
        if !way.endpoint.is_epayment() {
            return None;
        }
        let connection = self.connections.entry(way.line).or_insert_with(|| Connection {
            breaker: Breaker::new(self.disconnection),
            status,
            is_shared: false,
        });
        connection.status = status;
        match connection.breaker.failed((), now, probes.connection) {
            Change::Opened => Some(Connected::No { status, since: now }),
            Change::None | Change::Closed => None,
        }
    }
}

fn tell(way: &Way, breaker: &'static str, change: &'static str) {
    tracing::info!(
        target: "metric",
        breaker,
        change,
        api = way.endpoint.api(),
        endpoint = way.endpoint.name(),
        environment = way.environment.as_str(),
        monotonic_counter.nordbro_breaker_changes = 1_u64
    );
}

const fn outage(retry_after: Duration) -> Held {
    Held::Outage { retry_after }
}

const fn disconnected(retry_after: Duration) -> Held {
    Held::Disconnected { retry_after }
}
