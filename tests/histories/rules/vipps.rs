//! Vipps in a few rules: what one payment there remembers. Not the simulator: a third, much smaller reading of
//! the contract, without a wire.

use std::collections::HashMap;

use domain::operation::Kind;
use domain::{
    Accepted, Aggregate, Amount, Currency, Event, EventName, Reading, Reference, Rejected, State, UpstreamKey,
};
use time::{Duration, OffsetDateTime};

/// What Vipps does not say of itself.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one open question about Vipps, none depends on another"
)]
pub(crate) struct Dials {
    /// How long a key is remembered after its first use. Always longer than the replay horizon.
    pub(crate) remembered: Duration,
    pub(crate) get_lag: Duration,
    pub(crate) events_lag: Duration,
    /// Whether the events of a cancel show its key.
    pub(crate) cancels_show_keys: bool,
    /// Whether captures and refunds do. Where none does there is no evidence, only the replay.
    pub(crate) moves_show_keys: bool,
    /// Whether another client id's keys are other keys.
    pub(crate) keys_per_client: bool,
    /// Whether the event log tells of captures and refunds that failed.
    pub(crate) failures_are_logged: bool,
}

/// One write as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) key: UpstreamKey,
    pub(crate) client: u8,
    /// The bytes; here the amount in minor units, 0 for a cancel.
    pub(crate) body: i64,
    pub(crate) transaction_only: bool,
}

/// One effect, or a failure that the log tells of.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: EventName,
    pub(crate) amount: i64,
    pub(crate) at: OffsetDateTime,
    pub(crate) key: Option<UpstreamKey>,
    pub(crate) success: bool,
}

#[derive(Debug, Clone)]
struct Used {
    call: Call,
    first: OffsetDateTime,
    answer: Answer,
}

/// The sums after the effect, or the refusal.
pub(crate) type Answer = Result<(Accepted, Aggregate), Box<Rejected>>;

#[derive(Debug)]
pub(crate) struct Vipps {
    pub(crate) dials: Dials,
    reference: Reference,
    amount: i64,
    pub(crate) entries: Vec<Entry>,
    keys: HashMap<(u8, UpstreamKey), Used>,
    /// Every write that arrived or was on its way.
    pub(crate) seen: Vec<(OffsetDateTime, Call)>,
}

impl Vipps {
    pub(crate) fn new(dials: Dials, reference: Reference) -> Self {
        Self {
            dials,
            reference,
            amount: 0,
            entries: Vec::new(),
            keys: HashMap::new(),
            seen: Vec::new(),
        }
    }

    /// A write arrives and is answered, whether the answer gets home or not.
    pub(crate) fn write(&mut self, call: &Call, now: OffsetDateTime) -> Answer {
        let client = if self.dials.keys_per_client {
            call.client
        } else {
            0
        };
        let slot = (client, call.key.clone());
        if let Some(used) = self.keys.get(&slot)
            && now - used.first < self.dials.remembered
        {
            return if used.call.body == call.body && used.call.kind == call.kind {
                used.answer.clone()
            } else {
                Err(refused(409, conflict(call.kind)))
            };
        }
        let answer = self.decide(call, now);
        let sticks = answer
            .as_ref()
            .map_or_else(|no| (400..500).contains(&no.status), |_| true);
        if sticks {
            let used = Used {
                call: call.clone(),
                first: now,
                answer: answer.clone(),
            };
            self.keys.insert(slot, used);
        }
        answer
    }

    fn decide(&mut self, call: &Call, now: OffsetDateTime) -> Answer {
        let sums = self.sums();
        let state = self.state();
        let rest = sums.authorized - sums.captured - sums.cancelled;
        let (name, amount) = match (call.kind, state) {
            (Kind::Create, None) => {
                self.amount = call.body;
                (EventName::Created, call.body)
            }
            (Kind::Create, Some(_)) => return Err(refused(409, "4150")),
            (_, None) => return Err(refused(404, "5090")),
            (Kind::Capture, Some(State::Authorized)) => {
                if sums.captured == sums.authorized {
                    return Err(self.failed(call, EventName::Captured, "6170", now));
                }
                if rest == 0 {
                    return Err(refused(400, "6070"));
                }
                if call.body > rest {
                    return Err(self.failed(call, EventName::Captured, "6090", now));
                }
                (EventName::Captured, call.body)
            }
            (Kind::Capture, Some(_)) => return Err(refused(400, "6080")),
            (Kind::Refund, Some(State::Authorized)) => {
                if sums.captured > 0 && sums.refunded == sums.captured {
                    return Err(self.failed(call, EventName::Refunded, "6180", now));
                }
                if call.body > sums.captured - sums.refunded {
                    return Err(self.failed(call, EventName::Refunded, "6150", now));
                }
                (EventName::Refunded, call.body)
            }
            (Kind::Refund, Some(_)) => return Err(refused(400, "6020")),
            (Kind::Cancel, Some(State::Created)) => (EventName::Terminated, self.amount),
            (Kind::Cancel, Some(State::Authorized)) if call.transaction_only => {
                return Err(refused(400, "6060"));
            }
            (Kind::Cancel, Some(State::Authorized)) if rest == 0 => {
                let code = if sums.cancelled > 0 { "6050" } else { "6040" };
                return Err(refused(400, code));
            }
            (Kind::Cancel, Some(State::Authorized)) => (EventName::Cancelled, rest),
            (Kind::Cancel, Some(State::Terminated)) => return Err(refused(400, "6190")),
            (Kind::Cancel, Some(State::Aborted | State::Expired)) => return Err(refused(400, "6050")),
        };
        self.enter(name, amount, Some(call.key.clone()), true, now);
        let body = Vec::new();
        Ok((Accepted { status: 200, body }, self.sums()))
    }

    fn failed(&mut self, call: &Call, name: EventName, code: &str, now: OffsetDateTime) -> Box<Rejected> {
        if self.dials.failures_are_logged {
            self.enter(name, call.body, Some(call.key.clone()), false, now);
        }
        refused(400, code)
    }

    /// Something happens that is nobody's request: the customer, the portal, time.
    pub(crate) fn enter(
        &mut self,
        name: EventName,
        amount: i64,
        key: Option<UpstreamKey>,
        success: bool,
        at: OffsetDateTime,
    ) {
        self.entries.push(Entry {
            name,
            amount,
            at,
            key,
            success,
        });
    }

    pub(crate) fn state(&self) -> Option<State> {
        state(&self.entries)
    }

    pub(crate) fn sums(&self) -> Aggregate {
        sums(&self.entries)
    }

    pub(crate) fn whole(&self) -> i64 {
        self.amount
    }

    /// The payment as a GET shows it; `None` = 404.
    pub(crate) fn get(&self, now: OffsetDateTime) -> Option<Reading> {
        let shown = self.shown(now - self.dials.get_lag);
        Some(Reading {
            reference: self.reference.clone(),
            state: state(shown)?,
            amount: Amount::new(self.amount, Currency::NOK),
            aggregate: sums(shown),
            psp_reference: "psp-1".to_owned(),
            body: Vec::new(),
        })
    }

    pub(crate) fn events(&self, now: OffsetDateTime) -> Vec<Event> {
        let shown = self.shown(now - self.dials.events_lag);
        let event = |entry: &Entry| {
            let is_cancel = matches!(entry.name, EventName::Cancelled | EventName::Terminated);
            let is_move = matches!(entry.name, EventName::Captured | EventName::Refunded);
            let names_it =
                (self.dials.cancels_show_keys || !is_cancel) && (self.dials.moves_show_keys || !is_move);
            Event {
                name: entry.name.clone(),
                amount: Amount::new(entry.amount, Currency::NOK),
                psp_reference: String::new(),
                timestamp: entry.at,
                success: entry.success,
                key: entry.key.clone().filter(|_| names_it),
            }
        };
        shown.iter().map(event).collect()
    }

    fn shown(&self, until: OffsetDateTime) -> &[Entry] {
        let count = self.entries.iter().take_while(|entry| entry.at <= until).count();
        &self.entries[..count]
    }
}

fn state(entries: &[Entry]) -> Option<State> {
    let mut state = None;
    for entry in entries.iter().filter(|entry| entry.success) {
        state = match entry.name {
            EventName::Created => Some(State::Created),
            EventName::Authorized => Some(State::Authorized),
            EventName::Aborted => Some(State::Aborted),
            EventName::Expired => Some(State::Expired),
            EventName::Terminated => Some(State::Terminated),
            EventName::Cancelled | EventName::Captured | EventName::Refunded | EventName::Other(_) => state,
        };
    }
    state
}

fn sums(entries: &[Entry]) -> Aggregate {
    let mut sums = Aggregate::default();
    for entry in entries.iter().filter(|entry| entry.success) {
        let sum = match entry.name {
            EventName::Authorized => &mut sums.authorized,
            EventName::Captured => &mut sums.captured,
            EventName::Refunded => &mut sums.refunded,
            EventName::Cancelled => &mut sums.cancelled,
            EventName::Created
            | EventName::Aborted
            | EventName::Expired
            | EventName::Terminated
            | EventName::Other(_) => continue,
        };
        *sum += entry.amount;
    }
    sums
}

pub(crate) fn refused(status: u16, code: &str) -> Box<Rejected> {
    Box::new(Rejected {
        status,
        code: (!code.is_empty()).then(|| code.to_owned()),
        ..Rejected::default()
    })
}

fn conflict(kind: Kind) -> &'static str {
    match kind {
        Kind::Capture => "4010",
        Kind::Refund => "4150",
        Kind::Create | Kind::Cancel => "4020",
    }
}
