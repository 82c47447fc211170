//! The line between the driver and its Vipps, on which things go wrong.

use domain::{Aggregate, Event, Outcome, Reading};
use time::{Duration, OffsetDateTime};

use super::vipps::{Call, Vipps, refused};
use crate::coverage::Coverage;
use testkit::Dice;

/// What one write meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Refused,
    ResetBefore,
    AnswerLost,
    /// It arrives later than anybody waits.
    Late,
    Garbage,
    Redirect,
    Down,
    DownAfter,
    Timeout408,
    TooMany,
    Locked,
    Forbidden,
    Processing,
    CancelProcessing,
    TryLater,
}

const FAULTS: [Fault; 15] = [
    Fault::Refused,
    Fault::ResetBefore,
    Fault::AnswerLost,
    Fault::Late,
    Fault::Garbage,
    Fault::Redirect,
    Fault::Down,
    Fault::DownAfter,
    Fault::Timeout408,
    Fault::TooMany,
    Fault::Locked,
    Fault::Forbidden,
    Fault::Processing,
    Fault::CancelProcessing,
    Fault::TryLater,
];

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::Refused => "fault: connection refused",
            Self::ResetBefore => "fault: reset before the effect",
            Self::AnswerLost => "fault: answer lost after the effect",
            Self::Late => "fault: arrives after the caller gave up",
            Self::Garbage => "fault: garbage after the effect",
            Self::Redirect => "fault: redirect",
            Self::Down => "fault: 503",
            Self::DownAfter => "fault: 503 after the effect",
            Self::Timeout408 => "fault: 408 after the effect",
            Self::TooMany => "fault: 429",
            Self::Locked => "fault: 423",
            Self::Forbidden => "fault: 403",
            Self::Processing => "fault: 6160",
            Self::CancelProcessing => "fault: 6250",
            Self::TryLater => "fault: 6280",
        }
    }
}

/// All names, for the table.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FAULTS.into_iter().map(Fault::name)
}

/// What a GET of the payment told.
#[derive(Debug)]
pub(crate) enum Read {
    Found(Reading),
    Missing,
    Failed,
}

impl Read {
    pub(crate) fn found(self) -> Option<Reading> {
        match self {
            Self::Found(reading) => Some(reading),
            Self::Missing | Self::Failed => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) vipps: Vipps,
    dice: Dice,
    /// One call in so many goes wrong; 0 = none.
    pub(crate) trouble: u32,
    /// Nothing gets through at all.
    pub(crate) is_down: bool,
    under_way: Vec<(OffsetDateTime, Call)>,
    pub(crate) coverage: Coverage,
}

impl Line {
    pub(crate) fn new(vipps: Vipps, dice: Dice) -> Self {
        Self {
            vipps,
            dice,
            trouble: 0,
            is_down: false,
            under_way: Vec::new(),
            coverage: Coverage::default(),
        }
    }

    /// What was under way arrives.
    pub(crate) fn arrive(&mut self, now: OffsetDateTime) {
        let late = std::mem::take(&mut self.under_way);
        for (at, call) in late {
            if at <= now {
                let _ = self.vipps.write(&call, at.max(now));
            } else {
                self.under_way.push((at, call));
            }
        }
    }

    pub(crate) fn write(&mut self, call: &Call, now: OffsetDateTime) -> (Outcome, Option<Aggregate>) {
        let unknown = || Outcome::Unknown {
            reason: String::new(),
        };
        if self.is_down {
            self.coverage.met("fault: outage");
            return (unknown(), None);
        }
        if self.trouble == 0 || !self.dice.once_in(self.trouble) {
            self.vipps.seen.push((now, call.clone()));
            return match self.vipps.write(call, now) {
                Ok((accepted, sums)) => (Outcome::Accepted(accepted), Some(sums)),
                Err(no) => (Outcome::Rejected(*no), None),
            };
        }
        let fault = self.dice.pick(&FAULTS);
        self.coverage.met(fault.name());
        if fault == Fault::Refused {
            return (
                Outcome::NotSent {
                    reason: String::new(),
                },
                None,
            );
        }
        self.vipps.seen.push((now, call.clone()));
        let after = |line: &mut Self| {
            let _ = line.vipps.write(call, now);
        };
        let no = |status, code| Outcome::Rejected(*refused(status, code));
        let outcome = match fault {
            Fault::AnswerLost | Fault::Garbage => {
                after(self);
                unknown()
            }
            Fault::DownAfter => {
                after(self);
                no(503, "")
            }
            Fault::Timeout408 => {
                after(self);
                no(408, "")
            }
            Fault::Late => {
                let at = now + Duration::seconds(self.dice.between(1, 25));
                self.under_way.push((at, call.clone()));
                unknown()
            }
            Fault::Refused | Fault::ResetBefore | Fault::Redirect => unknown(),
            Fault::Down => no(503, ""),
            Fault::TooMany => no(429, ""),
            Fault::Locked => no(423, ""),
            Fault::Forbidden => no(403, ""),
            Fault::Processing => no(400, "6160"),
            Fault::CancelProcessing => no(400, "6250"),
            Fault::TryLater => no(400, "6280"),
        };
        (outcome, None)
    }

    fn reads(&mut self) -> bool {
        let fails = self.is_down || (self.trouble > 0 && self.dice.once_in(self.trouble));
        if fails {
            self.coverage.met("fault: a read that fails");
        }
        !fails
    }

    pub(crate) fn get(&mut self, now: OffsetDateTime) -> Read {
        if !self.reads() {
            return Read::Failed;
        }
        self.vipps.get(now).map_or(Read::Missing, Read::Found)
    }

    pub(crate) fn events(&mut self, now: OffsetDateTime) -> Option<Vec<Event>> {
        self.reads().then(|| self.vipps.events(now))
    }
}
