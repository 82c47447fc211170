//! A breaker: after a run of failures nothing is tried for a while, then one call at a time.

use time::{Duration, OffsetDateTime};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// So many failures in a row, with no success between them, open it.
    pub run: u32,
    /// And they must come from so many different witnesses: one sick sales unit is no outage.
    pub witnesses: usize,
    /// Two failures further apart than this are not one run.
    pub within: Duration,
    /// How long it stays open the first time; each failed probe doubles it.
    pub open: Duration,
    /// And the longest.
    pub longest: Duration,
}

/// How a call may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// As any other.
    Freely,
    /// To find out whether things are better. Nobody else leaves until it ends.
    AsProbe,
}

/// A change that somebody should hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    Opened,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    /// Nothing leaves before `until`; afterwards one probe, which is under way when `probing`.
    Open {
        since: OffsetDateTime,
        until: OffsetDateTime,
        lasting: Duration,
        probing: bool,
    },
}

/// The memory of one breaker. `W` tells witnesses apart; with one witness it may be `()`.
#[derive(Debug, Clone)]
pub struct Breaker<W> {
    rules: Rules,
    state: State,
    failures: u32,
    failed_at: Option<OffsetDateTime>,
    witnesses: Vec<W>,
}

/// How long to wait for a probe that is under way before asking again.
const PROBE_TAKES: Duration = Duration::SECOND;

impl<W: PartialEq> Breaker<W> {
    pub const fn new(rules: Rules) -> Self {
        Self {
            rules,
            state: State::Closed,
            failures: 0,
            failed_at: None,
            witnesses: Vec::new(),
        }
    }

    /// A breaker that is open, and whose first probe may leave at once: for what was learnt in an earlier
    /// life, or by somebody else.
    pub fn opened(rules: Rules, since: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self {
            state: State::Open {
                // Another's clock may be ahead.
                since: since.min(now),
                until: now,
                lasting: rules.open,
                probing: false,
            },
            ..Self::new(rules)
        }
    }

    /// Whether a call could leave now; changes nothing.
    ///
    /// # Errors
    /// How long to wait before asking again, never nothing.
    pub fn look(&self, now: OffsetDateTime) -> Result<Leave, Duration> {
        match self.state {
            State::Closed => Ok(Leave::Freely),
            // Before it opened: the clock was set back, and how long is left is not known any more.
            State::Open { since, until, .. } if since <= now && now < until => Err(until - now),
            State::Open { probing: true, .. } => Err(PROBE_TAKES),
            State::Open { probing: false, .. } => Ok(Leave::AsProbe),
        }
    }

    /// Lets a call leave, or not. A probe has to be ended by [`Breaker::succeeded`], [`Breaker::failed`] or
    /// [`Breaker::gave_up`].
    ///
    /// # Errors
    /// As [`Breaker::look`].
    pub fn leave(&mut self, now: OffsetDateTime) -> Result<Leave, Duration> {
        let leave = self.look(now)?;
        if leave == Leave::AsProbe
            && let State::Open { since, probing, .. } = &mut self.state
        {
            *probing = true;
            *since = now.min(*since);
        }
        Ok(leave)
    }

    /// A call that began at `began` was answered. Only a call that began after the breaker opened says that
    /// things are better.
    pub fn succeeded(&mut self, began: OffsetDateTime) -> Change {
        match self.state {
            State::Open { since, .. } if began < since => Change::None,
            State::Open { .. } => {
                self.close();
                Change::Closed
            }
            State::Closed => {
                self.close();
                Change::None
            }
        }
    }

    /// A call failed. `as_probe` = it had left as one.
    pub fn failed(&mut self, witness: W, now: OffsetDateTime, as_probe: bool) -> Change {
        match self.state {
            State::Open { since, lasting, .. } if as_probe => {
                let doubled: Duration = lasting * 2_i32;
                let lasting = doubled.min(self.rules.longest);
                self.state = State::Open {
                    since,
                    until: now + lasting,
                    lasting,
                    probing: false,
                };
                Change::None
            }
            // It left before the breaker opened, or past it.
            State::Open { .. } => Change::None,
            State::Closed => self.count(witness, now),
        }
    }

    /// A probe ended without saying anything: the next one may leave at once.
    pub fn gave_up(&mut self) {
        if let State::Open { probing, .. } = &mut self.state {
            *probing = false;
        }
    }

    /// Since when it is open.
    pub const fn open_since(&self) -> Option<OffsetDateTime> {
        match self.state {
            State::Open { since, .. } => Some(since),
            State::Closed => None,
        }
    }

    fn count(&mut self, witness: W, now: OffsetDateTime) -> Change {
        if self.failed_at.is_some_and(|at| now - at > self.rules.within) {
            self.close();
        }
        self.failed_at = Some(now);
        self.failures = self.failures.saturating_add(1);
        if self.witnesses.len() < self.rules.witnesses && !self.witnesses.contains(&witness) {
            self.witnesses.push(witness);
        }
        if self.failures < self.rules.run || self.witnesses.len() < self.rules.witnesses {
            return Change::None;
        }
        self.state = State::Open {
            since: now,
            until: now + self.rules.open,
            lasting: self.rules.open,
            probing: false,
        };
        Change::Opened
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.failures = 0;
        self.failed_at = None;
        self.witnesses.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const RULES: Rules = Rules {
        run: 3,
        witnesses: 2,
        within: Duration::seconds(60),
        open: Duration::seconds(5),
        longest: Duration::seconds(12),
    };
    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn at(seconds: i64) -> OffsetDateTime {
        START + Duration::seconds(seconds)
    }

    fn open_at_zero() -> Breaker<u8> {
        let mut breaker = Breaker::new(RULES);
        for unit in [1, 2, 1] {
            breaker.failed(unit, START, false);
        }
        assert_eq!(breaker.open_since(), Some(START));
        breaker
    }

    #[test]
    fn a_run_opens_it_and_a_success_between_does_not() {
        let mut breaker = Breaker::new(RULES);
        for (unit, change) in [(1, Change::None), (2, Change::None), (1, Change::Opened)] {
            assert_eq!(breaker.failed(unit, START, false), change);
        }
        let mut breaker = Breaker::new(RULES);
        for unit in [1, 2, 1, 2, 1, 2] {
            assert_eq!(breaker.failed(unit, START, false), Change::None);
            assert_eq!(breaker.succeeded(START), Change::None);
        }
    }

    #[test]
    fn one_witness_alone_opens_nothing_and_neither_does_a_run_with_long_gaps() {
        let mut breaker = Breaker::new(RULES);
        for second in 0..50 {
            assert_eq!(breaker.failed(1, at(second), false), Change::None);
        }
        let mut breaker = Breaker::new(RULES);
        for (minutes, unit) in [1, 2, 1, 2, 1, 2].into_iter().enumerate() {
            let now = START + Duration::seconds(61) * i32::try_from(minutes).unwrap();
            assert_eq!(breaker.failed(unit, now, false), Change::None);
        }
    }

    #[test]
    fn while_open_nothing_leaves_and_then_one_probe_decides() {
        let mut breaker = open_at_zero();
        assert_eq!(breaker.leave(at(0)), Err(Duration::seconds(5)));
        assert_eq!(breaker.leave(at(4)), Err(Duration::seconds(1)));
        assert_eq!(breaker.leave(at(5)), Ok(Leave::AsProbe));
        assert_eq!(breaker.leave(at(5)), Err(PROBE_TAKES), "one at a time");
        assert_eq!(breaker.failed(1, at(6), true), Change::None);
        assert_eq!(breaker.leave(at(6)), Err(Duration::seconds(10)), "twice as long");
        assert_eq!(breaker.leave(at(16)), Ok(Leave::AsProbe));
        breaker.failed(1, at(16), true);
        assert_eq!(breaker.leave(at(16)), Err(Duration::seconds(12)), "never longer");
        assert_eq!(breaker.leave(at(28)), Ok(Leave::AsProbe));
        assert_eq!(breaker.succeeded(at(28)), Change::Closed);
        assert_eq!(breaker.leave(at(28)), Ok(Leave::Freely));
    }

    #[test]
    fn what_a_process_with_a_clock_ahead_has_learnt_is_over_with_the_first_answer() {
        let mut breaker: Breaker<()> = Breaker::opened(RULES, at(3), START);
        assert_eq!(breaker.leave(START), Ok(Leave::AsProbe));
        assert_eq!(breaker.succeeded(START), Change::Closed);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nothing_shut() {
        let mut breaker = open_at_zero();
        let hour_ago = at(-3_600);
        assert_eq!(breaker.leave(hour_ago), Ok(Leave::AsProbe));
        breaker.failed(1, hour_ago, true);
        assert_eq!(breaker.leave(hour_ago), Err(Duration::seconds(10)));
        assert_eq!(
            breaker.leave(hour_ago + Duration::seconds(10)),
            Ok(Leave::AsProbe)
        );
        // Its answer to a call that began after the opening, though the clock says before.
        assert_eq!(
            breaker.succeeded(hour_ago + Duration::seconds(10)),
            Change::Closed
        );
    }

    #[test]
    fn what_left_before_it_opened_neither_closes_it_nor_keeps_it_open() {
        let mut breaker = open_at_zero();
        assert_eq!(breaker.succeeded(at(-3)), Change::None);
        assert_eq!(breaker.failed(9, at(4), false), Change::None);
        assert_eq!(breaker.leave(at(5)), Ok(Leave::AsProbe));
    }

    #[test]
    fn a_probe_that_is_given_up_leaves_room_for_the_next() {
        let mut breaker = open_at_zero();
        assert_eq!(breaker.leave(at(5)), Ok(Leave::AsProbe));
        breaker.gave_up();
        assert_eq!(breaker.leave(at(5)), Ok(Leave::AsProbe));
    }

    #[test]
    fn what_an_earlier_life_learnt_is_open_and_may_be_probed_at_once() {
        let mut breaker: Breaker<()> = Breaker::opened(RULES, at(-900), START);
        assert_eq!(breaker.open_since(), Some(at(-900)));
        assert_eq!(breaker.leave(START), Ok(Leave::AsProbe));
        assert_eq!(breaker.leave(START), Err(PROBE_TAKES));
    }

    proptest! {
        /// However calls end: at most one probe is under way, an open breaker says a wait above nothing, and
        /// it never stays shut for longer than its longest pause once nothing is under way.
        #[test]
        fn it_never_locks_itself_out(steps in prop::collection::vec((0_u8..4, 0_i64..20), 1..200)) {
            let mut breaker = Breaker::new(RULES);
            let mut now = START;
            let mut probe = false;
            for (what, pause) in steps {
                now += Duration::seconds(pause);
                match (what, probe) {
                    (0, true) => { breaker.gave_up(); probe = false; }
                    (1, true) => { breaker.succeeded(now); probe = false; }
                    (2, true) => { breaker.failed(1, now, true); probe = false; }
                    _ => match breaker.leave(now) {
                        Ok(Leave::AsProbe) => { prop_assert!(!probe); probe = true; }
                        Ok(Leave::Freely) => {
                            prop_assert!(!probe);
                            breaker.failed(what, now, false);
                        }
                        Err(wait) => prop_assert!(wait > Duration::ZERO && wait <= RULES.longest),
                    },
                }
            }
            if probe {
                breaker.gave_up();
            }
            prop_assert!(breaker.leave(now + RULES.longest).is_ok());
        }
    }
}
