//! One history: a partner, a customer, a colleague in the portal, trouble, and a gateway that dies.

use domain::operation::{Kind, Status};
use domain::{EventName, State};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::books::{Books, Intent, Release, Wish, reference};
use super::line::Line;
use super::owner::{Owner, Refresh, Waiting};
use super::vipps::{Dials, Vipps};
use crate::coverage::Coverage;
use testkit::Dice;

const START: OffsetDateTime = datetime!(2026-11-23 09:00 UTC);
/// How long a partner waits.
const PATIENCE: Duration = Duration::seconds(15);

/// How a request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Ended(Status, Option<Release>),
    StillOpen,
    /// A no of the gateway itself, or "later".
    Not,
}

pub(crate) struct History {
    pub(crate) books: Books,
    pub(crate) line: Line,
    pub(crate) now: OffsetDateTime,
    dice: Dice,
    /// Each works for itself, as processes do.
    owners: Vec<Owner>,
    /// Requests that wait for an operation.
    waiting: Vec<(usize, usize)>,
    refresh: Option<Refresh>,
    pub(crate) wishes: Vec<Wish>,
    pub(crate) answers: Vec<(usize, usize, Said)>,
    pub(crate) client: u8,
    /// Since when nothing has gone wrong.
    pub(crate) quiet_since: OffsetDateTime,
    pub(crate) coverage: Coverage,
    told: bool,
}

impl History {
    pub(crate) fn new(seed: u64, told: bool) -> Self {
        let mut dice = Dice::new(seed);
        let mut coverage = Coverage::default();
        let dials = dials(&mut dice, &mut coverage);
        if told {
            println!("{dials:?}");
        }
        let line_dice = Dice::new(seed ^ 0xdead_beef);
        Self {
            books: Books::new(),
            line: Line::new(Vipps::new(dials, reference()), line_dice),
            now: START,
            dice,
            owners: Vec::new(),
            waiting: Vec::new(),
            refresh: None,
            wishes: Vec::new(),
            answers: Vec::new(),
            client: 1,
            quiet_since: START,
            coverage,
            told,
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            println!("{:>9} {}", (self.now - START).whole_milliseconds(), what());
        }
    }

    /// Plays it to its end.
    ///
    /// # Errors
    /// What went wrong, in one sentence.
    pub(crate) fn play(&mut self) -> Result<(), String> {
        self.line.trouble = self.dice.pick(&[0, 2, 3, 6]);
        let value = self.dice.between(2, 9) * 100;
        self.wish(Kind::Create, value);
        self.ask(0)?;
        let steps = self.dice.between(20, 100);
        for _ in 0..steps {
            self.one_thing()?;
            super::check::always(self)?;
        }
        self.calm_down()?;
        super::check::at_the_end(self)
    }

    fn one_thing(&mut self) -> Result<(), String> {
        // The customer does not keep everybody waiting for ever.
        if self.line.vipps.state() == Some(State::Created) && self.dice.once_in(8) {
            self.customer_acts();
        }
        match self.dice.up_to(99) {
            0..45 if !self.owners.is_empty() => self.somebody_steps(),
            0..50 => self.time_passes(),
            50..56 => self.somebody_dies(),
            56..62 => self.resolver_looks(),
            62..68 => self.customer_acts(),
            68..72 => self.portal_acts(),
            72..76 => self.trouble_changes(),
            76..84 => self.refresh_moves()?,
            84..92 => {
                self.another_wish();
                self.ask(self.wishes.len() - 1)?;
            }
            _ => {
                let again = self.dice.up_to(u32::try_from(self.wishes.len() - 1).unwrap());
                self.coverage.met("partner: asked again with the same key");
                self.ask(usize::try_from(again).unwrap())?;
            }
        }
        Ok(())
    }

    fn wish(&mut self, kind: Kind, value: i64) {
        let transaction_only = kind == Kind::Cancel && self.dice.once_in(4);
        self.wishes.push(Wish {
            kind,
            value: if kind == Kind::Cancel { 0 } else { value },
            transaction_only,
            key: format!("wish-{}", self.wishes.len()).parse().unwrap(),
        });
    }

    fn another_wish(&mut self) {
        let kind = self.dice.pick(&[
            Kind::Capture,
            Kind::Capture,
            Kind::Capture,
            Kind::Refund,
            Kind::Refund,
            Kind::Cancel,
        ]);
        let value = self.dice.between(1, 4) * 100;
        self.wish(kind, value);
    }

    /// A request for a wish comes in.
    fn ask(&mut self, wish: usize) -> Result<(), String> {
        let wanted = self.wishes[wish].clone();
        let until = self.now + PATIENCE;
        let mut just_read = false;
        loop {
            let intent = self.books.intend(&wanted, just_read, self.client, self.now);
            self.tell(|| format!("asked for {wish} {wanted:?}: {intent:?}"));
            match intent {
                Intent::Begun(held) => {
                    self.owners
                        .push(Owner::begun(&self.books, held, self.client, until));
                    self.waiting.push((wish, held.operation));
                }
                Intent::Known(operation) | Intent::Occupied(operation) => {
                    let waiting = if matches!(intent, Intent::Known(_)) {
                        self.waiting.push((wish, operation));
                        Waiting::Caller(until)
                    } else {
                        self.coverage.met("partner: another operation was in the way");
                        self.answers.push((wish, operation, Said::Not));
                        Waiting::Other(until)
                    };
                    if let Some(held) = self.books.claim(operation, self.now) {
                        let owner = Owner::claimed(&self.books, held, self.client, waiting);
                        self.owners.push(owner);
                    }
                }
                Intent::Unread if !just_read => {
                    Refresh::begin(&self.books, &mut self.line, self.now).end(&mut self.books)?;
                    just_read = true;
                    continue;
                }
                Intent::Unread | Intent::Refused => self.coverage.met("partner: refused by the books"),
                Intent::Limited => self.coverage.met("partner: held back by the budget"),
            }
            self.answer();
            return Ok(());
        }
    }

    /// Whoever waits for an operation that has ended hears how.
    fn answer(&mut self) {
        let coverage = &mut self.coverage;
        let books = &self.books;
        let answers = &mut self.answers;
        self.waiting.retain(|&(wish, index)| {
            let operation = &books.operations[index];
            if operation.status.is_open() {
                return true;
            }
            coverage.met(match (operation.status, operation.release) {
                (Status::Succeeded, _) => "answer: succeeded",
                (_, Some(Release::NotSent)) => "answer: not sent, the key is free",
                (_, Some(Release::Rejected)) => "answer: not now, the key is free",
                (Status::NotCreated, None) => "answer: not created",
                (Status::Refused | Status::Abandoned | Status::Pending | Status::Unknown, None) => {
                    "answer: refused"
                }
            });
            answers.push((wish, index, Said::Ended(operation.status, operation.release)));
            false
        });
    }

    fn somebody_steps(&mut self) {
        let which = self.dice.up_to(u32::try_from(self.owners.len() - 1).unwrap());
        let owner = &mut self.owners[usize::try_from(which).unwrap()];
        owner.take_step(&mut self.books, &mut self.line, self.now);
        if self.told {
            println!(
                "{:>9} owner {which} stepped: {owner:?}",
                (self.now - START).whole_milliseconds()
            );
        }
        self.owners.retain(|owner| !owner.is_done());
        self.answer();
    }

    fn time_passes(&mut self) {
        let wake = self.owners.iter().filter_map(Owner::wakes_at).min();
        let by = match self.dice.up_to(19) {
            0..10 => wake.map_or(Duration::SECOND, |at| (at - self.now).max(Duration::ZERO)),
            10..16 => Duration::seconds(self.dice.between(1, 30)),
            16..18 => Duration::seconds(self.dice.between(30, 120)),
            18 => Duration::minutes(self.dice.between(5, 50)),
            _ => Duration::minutes(self.dice.between(61, 200)),
        };
        self.turn(by);
    }

    fn turn(&mut self, by: Duration) {
        // What is under way arrives on the way.
        let until = self.now + by;
        while self.now < until {
            self.now = until.min(self.now + Duration::SECOND.max(by / 8));
            self.line.arrive(self.now);
        }
    }

    fn somebody_dies(&mut self) {
        if self.owners.is_empty() {
            return;
        }
        let which = self.dice.up_to(u32::try_from(self.owners.len() - 1).unwrap());
        let owner = self.owners.swap_remove(usize::try_from(which).unwrap());
        self.coverage.met(owner.next());
        self.tell(|| format!("dies: {owner:?}"));
        let operation = owner.held.operation;
        let gone: Vec<_> = self.waiting.extract_if(.., |(_, on)| *on == operation).collect();
        for (wish, on) in gone {
            self.answers.push((wish, on, Said::StillOpen));
        }
    }

    fn resolver_looks(&mut self) {
        if let Some(due) = self.books.due(self.now)
            && let Some(held) = self.books.claim(due, self.now)
        {
            if self.owners.iter().any(|owner| owner.held.operation == due) {
                self.coverage.met("owner: overtaken after its lease");
            }
            self.owners
                .push(Owner::claimed(&self.books, held, self.client, Waiting::Nobody));
        }
    }

    fn customer_acts(&mut self) {
        if self.line.vipps.state() != Some(State::Created) {
            return;
        }
        let (name, what) = match self.dice.up_to(9) {
            0 => (EventName::Aborted, "customer: declines"),
            1 => (EventName::Expired, "customer: never answers"),
            _ => (EventName::Authorized, "customer: approves"),
        };
        self.coverage.met(what);
        let whole = self.line.vipps.whole();
        self.line.vipps.enter(name, whole, None, true, self.now);
    }

    /// Somebody else moves the same money, without a key or with one of theirs.
    fn portal_acts(&mut self) {
        let vipps = &mut self.line.vipps;
        let sums = vipps.sums();
        let rest = sums.authorized - sums.captured - sums.cancelled;
        // Most cruelly the very amount that an operation of ours is about.
        let last = self.books.operations.last().map_or(100, |last| last.wish.value);
        let (name, amount, what) = match self.dice.up_to(3) {
            0 | 1 if rest >= last && last > 0 => (EventName::Captured, last, "portal: captures"),
            2 if sums.captured - sums.refunded >= last && last > 0 => {
                (EventName::Refunded, last, "portal: refunds")
            }
            3 if rest > 0 => (EventName::Cancelled, rest, "portal: cancels"),
            _ => return,
        };
        let key = self
            .dice
            .once_in(2)
            .then(|| domain::UpstreamKey::from_stored("SOMEBODY-ELSES"));
        self.coverage.met(what);
        vipps.enter(name, amount, key, true, self.now);
        self.tell(|| format!("{what} {amount}"));
    }

    fn trouble_changes(&mut self) {
        match self.dice.up_to(5) {
            0 => self.line.is_down = self.dice.once_in(2),
            1..4 => self.line.is_down = false,
            4 if self.dice.once_in(6) => {
                self.client += 1;
                self.coverage.met("keys: another client id");
            }
            _ => self.line.trouble = self.dice.pick(&[0, 2, 4]),
        }
    }

    fn refresh_moves(&mut self) -> Result<(), String> {
        if let Some(refresh) = self.refresh.take() {
            self.coverage.met("read: merged later than it began");
            return refresh.end(&mut self.books);
        }
        self.refresh = Some(Refresh::begin(&self.books, &mut self.line, self.now));
        Ok(())
    }

    /// Trouble ends, and everything is followed to its end.
    fn calm_down(&mut self) -> Result<(), String> {
        self.line.trouble = 0;
        self.line.is_down = false;
        if let Some(refresh) = self.refresh.take() {
            refresh.end(&mut self.books)?;
        }
        let lag = self.line.vipps.dials.events_lag + self.line.vipps.dials.get_lag;
        self.quiet_since = self.now;
        let bound = self.now + super::check::BOUND + lag;
        while self.now < bound {
            self.resolver_looks();
            while self
                .owners
                .iter()
                .any(|owner| owner.wakes_at().is_none_or(|at| at <= self.now))
            {
                for owner in &mut self.owners {
                    owner.take_step(&mut self.books, &mut self.line, self.now);
                }
                self.owners.retain(|owner| !owner.is_done());
                super::check::always(self)?;
            }
            self.answer();
            self.turn(Duration::SECOND);
        }
        self.tell(|| "quiet".to_owned());
        for wish in 0..self.wishes.len() {
            let is_known = self.books.operations.iter().any(|operation| {
                operation.wish == self.wishes[wish]
                    && operation.release.is_none()
                    && !operation.status.is_open()
            });
            if is_known {
                // The stored answer, once more.
                self.ask(wish)?;
            }
        }
        Refresh::begin(&self.books, &mut self.line, self.now).end(&mut self.books)
    }
}

fn dials(dice: &mut Dice, coverage: &mut Coverage) -> Dials {
    let remembered = dice.pick(&[90, 90, 24 * 60, 7 * 24 * 60]);
    let events_lag = dice.pick(&[0, 0, 2, 10]);
    let get_lag = dice.pick(&[0, 0, 2, 10]);
    let (cancels_show_keys, keys_per_client, failures_are_logged) =
        (dice.once_in(2), dice.once_in(2), dice.once_in(3));
    let moves_show_keys = !dice.once_in(4);
    for (is_set, what) in [
        (!moves_show_keys, "dial: captures and refunds show no key"),
        (remembered == 90, "dial: keys forgotten after 90 min"),
        (remembered > 90, "dial: keys remembered for days"),
        (events_lag > 0, "dial: events lag"),
        (get_lag > 0, "dial: the payment lags"),
        (cancels_show_keys, "dial: cancels show their key"),
        (!cancels_show_keys, "dial: cancels show no key"),
        (keys_per_client, "dial: keys belong to a client id"),
        (failures_are_logged, "dial: failures are logged"),
    ] {
        if is_set {
            coverage.met(what);
        }
    }
    Dials {
        remembered: Duration::minutes(remembered),
        get_lag: Duration::seconds(get_lag),
        events_lag: Duration::seconds(events_lag),
        cancels_show_keys,
        moves_show_keys,
        keys_per_client,
        failures_are_logged,
    }
}
