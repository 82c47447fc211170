//! Places to work in: so many for all, for each partner and for each of its sales units, shared fairly.
//!
//! Whoever finds no place waits in the line of its sales unit. A place that becomes free goes to the partner
//! who has the fewest, and among its units to the one that has the fewest; equals take turns. So a partner
//! or a unit that is slow fills its own places and its own line, and nobody else's.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use time::Duration;

mod places;

use places::{Member, Places};

/// How many at once, and how many may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub gateway: Limit,
    pub partner: Limit,
    pub sales_unit: Limit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub at_once: usize,
    pub waiting: usize,
}

/// Which of the three limits it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    Gateway,
    Partner,
    SalesUnit,
}

impl Which {
    pub const ALL: [Self; 3] = [Self::Gateway, Self::Partner, Self::SalesUnit];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Partner => "partner",
            Self::SalesUnit => "sales_unit",
        }
    }
}

/// Names one who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// What became of asking for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The place is taken; [`Fair::done`] gives it back.
    Enter,
    /// In line; [`Fair::done`] names the ticket when its turn comes, [`Fair::leave`] gives it up.
    Wait { ticket: Ticket, held_by: Which },
    /// The line is full, or the turn would come too late. `expected` = how long it would probably take.
    Refuse { by: Which, expected: Duration },
}

/// Numbers by limit since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub gateway: u64,
    pub partner: u64,
    pub sales_unit: u64,
}

impl Tally {
    const fn count(&mut self, which: Which) {
        match which {
            Which::Gateway => self.gateway += 1,
            Which::Partner => self.partner += 1,
            Which::SalesUnit => self.sales_unit += 1,
        }
    }
}

/// Who is in, who waits, and what happened so far. `P` names partners, `U` sales units.
#[derive(Debug)]
pub struct Fair<P, U> {
    limits: Limits,
    all: Places,
    partners: HashMap<P, Member<U>>,
    /// Partners with somebody in line, in the order of their turns.
    turns: VecDeque<P>,
    next: u64,
    waited: Tally,
    refused: Tally,
}

impl<P: Copy + Eq + Hash, U: Copy + Eq + Hash> Fair<P, U> {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            all: Places::default(),
            partners: HashMap::new(),
            turns: VecDeque::new(),
            next: 0,
            waited: Tally::default(),
            refused: Tally::default(),
        }
    }

    /// Asks for a place, with patience for so long.
    pub fn ask(&mut self, partner: P, unit: U, patience: Duration) -> Asked {
        let Some(held_by) = self.full(partner, unit) else {
            self.enter(partner, unit);
            return Asked::Enter;
        };
        let expected = self.expected(partner, unit, held_by);
        let by = self.line_full(partner, unit);
        if by.is_some() || expected > patience {
            let by = by.unwrap_or(held_by);
            self.refused.count(by);
            return Asked::Refuse { by, expected };
        }
        self.waited.count(held_by);
        self.next += 1;
        let ticket = Ticket(self.next);
        self.all.waiting += 1;
        let member = self.partners.entry(partner).or_default();
        if member.places.waiting == 0 {
            self.turns.push_back(partner);
        }
        member.wait(unit, ticket);
        Asked::Wait { ticket, held_by }
    }

    /// Gives a place back that was held for so long, and names those whose turn it is now: each has its place.
    pub fn done(&mut self, partner: P, unit: U, held: Duration) -> Vec<Ticket> {
        self.all.free(held);
        if let Some(member) = self.partners.get_mut(&partner) {
            member.free(unit, held);
            if member.is_idle() {
                self.partners.remove(&partner);
            }
        }
        std::iter::from_fn(|| self.admit_next()).collect()
    }

    /// Gives up waiting. False = the ticket is not in line: its turn has come, or it never waited.
    pub fn leave(&mut self, partner: P, unit: U, ticket: Ticket) -> bool {
        let Some(member) = self.partners.get_mut(&partner) else {
            return false;
        };
        if !member.leave(unit, ticket) {
            return false;
        }
        self.all.waiting -= 1;
        self.tidy(partner);
        true
    }

    /// How many have a place, and how many wait for one.
    pub const fn standing(&self) -> (usize, usize) {
        (self.all.in_use, self.all.waiting)
    }

    /// How often somebody had to wait, by the limit that was reached.
    pub const fn waited(&self) -> Tally {
        self.waited
    }

    /// How often somebody was turned away, by the limit that was reached.
    pub const fn refused(&self) -> Tally {
        self.refused
    }

    /// The narrowest limit that leaves no place.
    fn full(&self, partner: P, unit: U) -> Option<Which> {
        let limits = &self.limits;
        if let Some(member) = self.partners.get(&partner) {
            if member.in_use(unit) >= limits.sales_unit.at_once {
                return Some(Which::SalesUnit);
            }
            if member.places.in_use >= limits.partner.at_once {
                return Some(Which::Partner);
            }
        }
        (self.all.in_use >= limits.gateway.at_once).then_some(Which::Gateway)
    }

    fn line_full(&self, partner: P, unit: U) -> Option<Which> {
        let limits = &self.limits;
        if let Some(member) = self.partners.get(&partner) {
            if member.waiting(unit) >= limits.sales_unit.waiting {
                return Some(Which::SalesUnit);
            }
            if member.places.waiting >= limits.partner.waiting {
                return Some(Which::Partner);
            }
        }
        (self.all.waiting >= limits.gateway.waiting).then_some(Which::Gateway)
    }

    /// How long one more would probably wait, by how long places were held lately.
    fn expected(&self, partner: P, unit: U, held_by: Which) -> Duration {
        let limits = &self.limits;
        let member = self.partners.get(&partner);
        let (ahead, places, held) = match held_by {
            Which::SalesUnit => (
                member.map_or(0, |member| member.waiting(unit)),
                limits.sales_unit.at_once,
                member.map_or(Duration::ZERO, |member| member.held_by(unit)),
            ),
            Which::Partner => (
                member.map_or(0, |member| member.places.waiting),
                limits.partner.at_once,
                member.map_or(Duration::ZERO, |member| member.places.held()),
            ),
            Which::Gateway => (
                member.map_or(0, |member| member.places.waiting),
                limits.gateway.at_once / (self.turns.len() + 1),
                self.all.held(),
            ),
        };
        let ahead = i32::try_from(ahead + 1).unwrap_or(i32::MAX);
        held * ahead / i32::try_from(places.max(1)).unwrap_or(i32::MAX)
    }

    fn enter(&mut self, partner: P, unit: U) {
        self.all.in_use += 1;
        self.partners.entry(partner).or_default().enter(unit);
    }

    fn admit_next(&mut self) -> Option<Ticket> {
        if self.all.in_use >= self.limits.gateway.at_once {
            return None;
        }
        let limits = self.limits;
        let partners = &self.partners;
        // The first of those with the fewest places: whoever has had a turn stands behind.
        let (_, partner, unit) = self
            .turns
            .iter()
            .filter_map(|name| {
                let member = partners.get(name)?;
                let may = member.places.in_use < limits.partner.at_once;
                let unit = may.then(|| member.next(limits.sales_unit.at_once)).flatten()?;
                Some((member.places.in_use, *name, unit))
            })
            .min_by_key(|(in_use, _, _)| *in_use)?;
        let ticket = self.partners.get_mut(&partner)?.admit(unit)?;
        self.all.waiting -= 1;
        self.all.in_use += 1;
        self.turns.retain(|name| *name != partner);
        self.turns.push_back(partner);
        self.tidy(partner);
        Some(ticket)
    }

    /// Forgets a partner's turn when nobody of it waits, and the partner when it has nothing here.
    fn tidy(&mut self, partner: P) {
        let Some(member) = self.partners.get(&partner) else {
            return;
        };
        if member.places.waiting == 0 {
            self.turns.retain(|name| *name != partner);
        }
        if member.is_idle() {
            self.partners.remove(&partner);
        }
    }
}

#[cfg(test)]
mod tests;
