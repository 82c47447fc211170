//! Places to work in.

use std::collections::HashMap;

use domain::admission::fair::{Asked, Fair, Tally, Ticket, Which};
use domain::{AssignmentId, Environment, PartnerId};
use time::{Duration, OffsetDateTime};
use tokio::sync::oneshot;

use super::Settings;
use crate::served::Served;
use crate::{App, Error};

/// Limits are per environment: what is tried out takes nothing from what is sold.
type Partner = (PartnerId, Environment);

#[derive(Debug)]
pub(super) struct Places {
    fair: Fair<Partner, AssignmentId>,
    line: HashMap<Ticket, oneshot::Sender<()>>,
}

/// How things stand, and what has happened since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Use cases that hold a place.
    pub working: usize,
    /// Those in line for one.
    pub waiting: usize,
    /// How often somebody had to wait, by the limit that was reached.
    pub waited: Tally,
    /// How often somebody was turned away, by the limit that was reached.
    pub refused: Tally,
}

impl Places {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            fair: Fair::new(settings.places),
            line: HashMap::new(),
        }
    }

    /// Gives a place back and tells those whose turn it is.
    fn free(&mut self, partner: Partner, unit: AssignmentId, held: Duration) {
        for ticket in self.fair.done(partner, unit, held) {
            // One who has just stopped waiting finds out when it leaves the line.
            if let Some(turn) = self.line.remove(&ticket) {
                let _gone = turn.send(());
            }
        }
    }
}

/// A place that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    app: App,
    partner: Partner,
    unit: AssignmentId,
    since: OffsetDateTime,
}

impl Drop for Place {
    fn drop(&mut self) {
        let held = self.app.now() - self.since;
        let admission = self.app.admission();
        admission.places().free(self.partner, self.unit, held);
    }
}

/// A place in line, given up when this is dropped.
struct InLine {
    app: App,
    partner: Partner,
    unit: AssignmentId,
    ticket: Ticket,
    is_over: bool,
}

impl InLine {
    /// The turn has come.
    fn enter(mut self) -> Place {
        self.is_over = true;
        Place {
            app: self.app.clone(),
            partner: self.partner,
            unit: self.unit,
            since: self.app.now(),
        }
    }
}

impl Drop for InLine {
    fn drop(&mut self) {
        metric_waiting(-1);
        if self.is_over {
            return;
        }
        let mut places = self.app.admission().places();
        places.line.remove(&self.ticket);
        if !places.fair.leave(self.partner, self.unit, self.ticket) {
            // The turn came at the moment of leaving: the place is given back unused.
            places.free(self.partner, self.unit, Duration::ZERO);
        }
    }
}

impl App {
    /// A place for work that calls Vipps for this unit, within the limits; waits in line until `until`, or
    /// as long as anybody may.
    ///
    /// # Errors
    /// [`Error::Crowded`], at once when the line is full or would take too long.
    pub(crate) async fn enter(&self, unit: &Served, until: OffsetDateTime) -> Result<Place, Error> {
        let now = self.now();
        let until = until.min(now + self.settings().admission.longest_wait);
        let partner = (unit.partner, unit.environment);
        let (in_line, turn, held_by) = {
            let mut places = self.admission().places();
            match places.fair.ask(partner, unit.assignment, until - now) {
                Asked::Enter => {
                    return Ok(Place {
                        app: self.clone(),
                        partner,
                        unit: unit.assignment,
                        since: now,
                    });
                }
                Asked::Refuse { by, expected } => {
                    drop(places);
                    return Err(crowded(by, expected));
                }
                Asked::Wait { ticket, held_by } => {
                    let (sender, turn) = oneshot::channel();
                    places.line.insert(ticket, sender);
                    let in_line = InLine {
                        app: self.clone(),
                        partner,
                        unit: unit.assignment,
                        ticket,
                        is_over: false,
                    };
                    (in_line, turn, held_by)
                }
            }
        };
        metric_waiting(1);
        let came = tokio::select! {
            biased;
            came = turn => came.is_ok(),
            () = self.clock().sleep_until(until) => false,
        };
        tracing::info!(
            target: "metric",
            held_by = held_by.as_str(),
            histogram.nordbro_admission_wait_seconds = (self.now() - now).as_seconds_f64()
        );
        if came {
            Ok(in_line.enter())
        } else {
            drop(in_line);
            Err(crowded(held_by, self.now() - now))
        }
    }

    /// How the places stand now.
    pub fn standing(&self) -> Standing {
        let places = self.admission().places();
        let (working, waiting) = places.fair.standing();
        Standing {
            working,
            waiting,
            waited: places.fair.waited(),
            refused: places.fair.refused(),
        }
    }
}

fn crowded(by: Which, expected: Duration) -> Error {
    tracing::info!(
        target: "metric",
        limit = by.as_str(),
        monotonic_counter.nordbro_admission_refused = 1_u64
    );
    Error::Crowded {
        which: by,
        retry_after: expected.max(Duration::SECOND),
    }
}

fn metric_waiting(change: i64) {
    tracing::info!(
        target: "metric",
        { counter.nordbro_admission_waiting = change },
        "in line"
    );
}
