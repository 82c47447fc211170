//! A payment is what happened to it. State and amounts are read off its entries, so that a reader
//! who lags sees an older truth, and a replayed answer is the one that was given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use time::OffsetDateTime;

use crate::epayment::events::EventName;
use crate::epayment::money::Currency;
use crate::lock::Held as _;
use crate::registry::parties::Card;

/// A payment in its place. Kept small: a million of them fit in memory.
pub(crate) struct Slot {
    pub(crate) msn: Arc<str>,
    pub(crate) reference: Box<str>,
    payment: Mutex<Payment>,
}

impl Slot {
    pub(crate) fn new(msn: Arc<str>, reference: &str, payment: Payment) -> Self {
        Self {
            msn,
            reference: reference.into(),
            payment: Mutex::new(payment),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Payment> {
        self.payment.held()
    }
}

pub(crate) struct Payment {
    pub(crate) amount: i64,
    /// Milliseconds since 1970, like every instant in here.
    pub(crate) expires: i64,
    pub(crate) entries: Vec<Entry>,
    pub(crate) extras: Option<Box<Extras>>,
    pub(crate) currency: Currency,
    pub(crate) flow: UserFlow,
    pub(crate) method: Method,
    pub(crate) card: Card,
    /// A modification is under way.
    pub(crate) busy: bool,
}

/// What most payments do not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) scope: Vec<String>,
    pub(crate) phone_number: Option<String>,
    /// `qrFormat.format`.
    pub(crate) qr: Option<String>,
    /// Magic amount 201: what became of the payment is unknown until then.
    pub(crate) unknown_until: Option<i64>,
}

pub(crate) struct Entry {
    pub(crate) amount: i64,
    pub(crate) at: i64,
    pub(crate) key: Option<Box<str>>,
    pub(crate) name: EventName,
    pub(crate) success: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Created,
    Aborted,
    Expired,
    Authorized,
    Terminated,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
            Self::Authorized => "AUTHORIZED",
            Self::Terminated => "TERMINATED",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserFlow {
    WebRedirect,
    PushMessage,
    NativeRedirect,
    Qr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Wallet,
    Card,
}

/// State and amounts after some entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) state: State,
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) cancelled: i64,
    /// When the money was reserved, and when it was last captured.
    pub(crate) authorized_at: Option<i64>,
    pub(crate) captured_at: Option<i64>,
}

impl Totals {
    /// Reserved and neither captured nor released.
    pub(crate) fn rest(&self) -> i64 {
        self.authorized - self.captured - self.cancelled
    }
}

impl Payment {
    pub(crate) fn totals(&self) -> Totals {
        totals(&self.entries)
    }
}

pub(crate) fn totals(entries: &[Entry]) -> Totals {
    let mut totals = Totals {
        state: State::Created,
        authorized: 0,
        captured: 0,
        refunded: 0,
        cancelled: 0,
        authorized_at: None,
        captured_at: None,
    };
    for entry in entries.iter().filter(|entry| entry.success) {
        match entry.name {
            EventName::Created => {}
            EventName::Aborted => totals.state = State::Aborted,
            EventName::Expired => totals.state = State::Expired,
            EventName::Terminated => totals.state = State::Terminated,
            EventName::Authorized => {
                totals.state = State::Authorized;
                totals.authorized += entry.amount;
                totals.authorized_at = Some(entry.at);
            }
            EventName::Captured => {
                totals.captured += entry.amount;
                totals.captured_at = Some(entry.at);
            }
            EventName::Refunded => totals.refunded += entry.amount,
            EventName::Cancelled => totals.cancelled += entry.amount,
        }
    }
    totals
}

pub(crate) fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

pub(crate) fn instant(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
