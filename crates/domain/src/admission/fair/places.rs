//! One partner's places and lines.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use time::Duration;

use super::Ticket;

/// How many are in and in line, and for how long a place was held lately.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) in_use: usize,
    pub(super) waiting: usize,
    held: Option<Duration>,
}

impl Places {
    pub(super) fn free(&mut self, held: Duration) {
        self.in_use -= 1;
        // A moving mean: the last one counts an eighth.
        self.held = Some(self.held.map_or(held, |mean| {
            let seven: Duration = mean * 7_i32;
            let sum: Duration = seven + held;
            sum / 8_i32
        }));
    }

    pub(super) fn held(&self) -> Duration {
        self.held.unwrap_or(Duration::ZERO)
    }
}

#[derive(Debug, Default)]
struct Unit {
    places: Places,
    line: VecDeque<Ticket>,
}

/// A partner with whoever of it is in or in line.
#[derive(Debug)]
pub(super) struct Member<U> {
    pub(super) places: Places,
    units: HashMap<U, Unit>,
    /// Units with somebody in line, in the order of their turns.
    turns: VecDeque<U>,
}

impl<U> Default for Member<U> {
    fn default() -> Self {
        Self {
            places: Places::default(),
            units: HashMap::new(),
            turns: VecDeque::new(),
        }
    }
}

impl<U: Copy + Eq + Hash> Member<U> {
    pub(super) fn in_use(&self, unit: U) -> usize {
        self.units.get(&unit).map_or(0, |unit| unit.places.in_use)
    }

    pub(super) fn waiting(&self, unit: U) -> usize {
        self.units.get(&unit).map_or(0, |unit| unit.line.len())
    }

    pub(super) fn held_by(&self, unit: U) -> Duration {
        self.units
            .get(&unit)
            .map_or(Duration::ZERO, |unit| unit.places.held())
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.places.in_use == 0 && self.places.waiting == 0
    }

    pub(super) fn enter(&mut self, unit: U) {
        self.places.in_use += 1;
        self.units.entry(unit).or_default().places.in_use += 1;
    }

    pub(super) fn free(&mut self, unit: U, held: Duration) {
        self.places.free(held);
        if let Some(own) = self.units.get_mut(&unit) {
            own.places.free(held);
        }
        self.tidy(unit);
    }

    pub(super) fn wait(&mut self, unit: U, ticket: Ticket) {
        self.places.waiting += 1;
        let own = self.units.entry(unit).or_default();
        if own.line.is_empty() {
            self.turns.push_back(unit);
        }
        own.line.push_back(ticket);
    }

    pub(super) fn leave(&mut self, unit: U, ticket: Ticket) -> bool {
        let Some(own) = self.units.get_mut(&unit) else {
            return false;
        };
        let Some(at) = own.line.iter().position(|waiting| *waiting == ticket) else {
            return false;
        };
        own.line.remove(at);
        self.places.waiting -= 1;
        self.tidy(unit);
        true
    }

    /// The unit whose turn it is: the first of those in line with the fewest places.
    pub(super) fn next(&self, at_once: usize) -> Option<U> {
        self.turns
            .iter()
            .map(|unit| (self.in_use(*unit), *unit))
            .filter(|(in_use, _)| *in_use < at_once)
            .min_by_key(|(in_use, _)| *in_use)
            .map(|(_, unit)| unit)
    }

    /// Gives the first in the unit's line its place.
    pub(super) fn admit(&mut self, unit: U) -> Option<Ticket> {
        let ticket = self.units.get_mut(&unit)?.line.pop_front()?;
        self.places.waiting -= 1;
        self.enter(unit);
        self.turns.retain(|name| *name != unit);
        self.turns.push_back(unit);
        self.tidy(unit);
        Some(ticket)
    }

    fn tidy(&mut self, unit: U) {
        let Some(own) = self.units.get(&unit) else {
            return;
        };
        if own.line.is_empty() {
            self.turns.retain(|name| *name != unit);
            if own.places.in_use == 0 {
                self.units.remove(&unit);
            }
        }
    }
}
