//! Reading Vipps: within its limits, and once for all who ask at the same time.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::budget::Budget;
use domain::{AssignmentId, Reading, Reference};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use outbound::vipps::{Endpoint, Events, ReadError};
use store::money::PaymentRecord;
use time::{Duration, OffsetDateTime};

use crate::admission::{Held, Purpose};
use crate::served::Served;
use crate::{App, Error, Limit};

/// A read that told nothing.
#[derive(Debug, Clone)]
pub(crate) enum Unread {
    Vipps(ReadError),
    /// Vipps' limit, kept here, would be exceeded; how long until it is not.
    Limited(Duration),
    /// Held back here.
    Held(Held),
}

impl From<Unread> for Error {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Limited(retry_after) => Self::Limited {
                which: Limit::Reads,
                retry_after,
            },
            Unread::Held(held) => held.into(),
            Unread::Vipps(ReadError::NotFound(rejected) | ReadError::Rejected(rejected)) => {
                Self::Vipps(rejected)
            }
            Unread::Vipps(ReadError::Nonsense { reason }) => {
                tracing::error!(reason, "an answer of Vipps cannot be believed");
                Self::VippsUnavailable {
                    retry_after: Duration::seconds(5),
                }
            }
            Unread::Vipps(ReadError::NotSent { .. } | ReadError::Unknown { .. }) => Self::VippsUnavailable {
                retry_after: Duration::SECOND,
            },
        }
    }
}

/// What a refresh of the books gave: the payment, if Vipps has it.
pub(crate) type Refreshed = Result<Option<Arc<PaymentRecord>>, Error>;
type Shareable = Shared<BoxFuture<'static, Refreshed>>;
type Payment = (AssignmentId, Reference);
type UnderWay = HashMap<Payment, (Order, WeakShared<BoxFuture<'static, Refreshed>>)>;

/// How many payments are remembered as read lately. Forgetting one costs a GET.
const MOST_READ: usize = 4096;

/// How many reads under way are joined before one of our own begins.
const JOINS: u32 = 3;

/// A moment in the order of arrivals and reads, whatever the clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order(u64);

/// Reads under way, and when the last ones left.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    order: AtomicU64,
    under_way: Mutex<UnderWay>,
    /// When the last refresh that succeeded began.
    read: Mutex<HashMap<Payment, Order>>,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    hasher: RandomState,
    sent: HashMap<u64, VecDeque<OffsetDateTime>>,
    reads: u64,
}

/// The two kinds of reads are counted apart.
#[derive(Debug, Clone, Copy, Hash)]
enum Which {
    Payment,
    Events,
}

impl Windows {
    /// Counts one read by (subscription key, reference), or says how long it has to wait.
    fn admit(
        &mut self,
        budget: Budget,
        unit: &Served,
        reference: &Reference,
        which: Which,
        now: OffsetDateTime,
    ) -> Result<(), Duration> {
        let key = unit.access.keys.subscription_key.reveal();
        let slot = self.hasher.hash_one((key, reference, which));
        self.reads += 1;
        if self.reads.is_multiple_of(4096) {
            self.sent
                .retain(|_, sent| sent.back().is_some_and(|at| *at + budget.window > now));
        }
        let sent = self.sent.entry(slot).or_default();
        // What lies further ahead than a window was before the clock was set back.
        let is_past = |at: &OffsetDateTime| *at + budget.window <= now || *at > now + budget.window;
        while sent.front().is_some_and(is_past) {
            sent.pop_front();
        }
        budget.admit(sent.make_contiguous(), now).map_err(|at| at - now)?;
        sent.push_back(now);
        Ok(())
    }
}

impl Reads {
    /// A write has been answered: a read that began before it is joined by nobody any more.
    pub(crate) fn end_of_write(&self, assignment: AssignmentId, reference: &Reference) {
        self.lock().remove(&(assignment, reference.clone()));
    }

    /// The present, after everything before it.
    pub(crate) fn moment(&self) -> Order {
        Order(self.order.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether the books were brought up to date by a GET that began after `moment`.
    pub(crate) fn has_read_since(
        &self,
        moment: Order,
        assignment: AssignmentId,
        reference: &Reference,
    ) -> bool {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(&(assignment, reference.clone()))
            .is_some_and(|began| *began > moment)
    }

    fn note(&self, payment: Payment, began: Order) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MOST_READ {
            read.clear();
        }
        let last = read.entry(payment).or_insert(began);
        *last = began.max(*last);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self, payment: &Payment, began: Order) {
        let mut under_way = self.lock();
        if under_way
            .get(payment)
            .is_some_and(|(current, _)| *current == began)
        {
            under_way.remove(payment);
        }
    }
}

impl App {
    fn admit_read(&self, unit: &Served, reference: &Reference, which: Which) -> Result<(), Unread> {
        let mut windows = self
            .reads()
            .windows
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        windows
            .admit(self.settings().reads, unit, reference, which, self.now())
            .map_err(Unread::Limited)
    }

    /// One GET of the payment, counted.
    pub(crate) async fn read_payment(
        &self,
        unit: &Served,
        reference: &Reference,
        purpose: Purpose,
    ) -> Result<Reading, Unread> {
        let pass = self.pass(unit, Endpoint::READ_PAYMENT, purpose).await;
        let pass = pass.map_err(Unread::Held)?;
        self.admit_read(unit, reference, Which::Payment)?;
        let read = self.vipps().read_payment(&unit.access, reference);
        self.read_through(pass, unit, read).await.map_err(Unread::Vipps)
    }

    /// One GET of the payment's event log, counted.
    pub(crate) async fn read_events(
        &self,
        unit: &Served,
        reference: &Reference,
        purpose: Purpose,
    ) -> Result<Events, Unread> {
        let pass = self.pass(unit, Endpoint::READ_EVENTS, purpose).await;
        let pass = pass.map_err(Unread::Held)?;
        self.admit_read(unit, reference, Which::Events)?;
        let read = self.vipps().read_events(&unit.access, reference);
        let log = self.read_through(pass, unit, read).await.map_err(Unread::Vipps)?;
        self.announce_abandoned(unit, reference, &log.events).await;
        Ok(log)
    }

    /// Brings the books up to date, together with whoever does so already.
    pub(crate) async fn refresh(&self, unit: &Served, reference: &Reference) -> Refreshed {
        let payment = (unit.assignment, reference.clone());
        for _ in 0..JOINS {
            let joined = {
                let under_way = self.reads().lock();
                under_way.get(&payment).and_then(|(_, read)| read.upgrade())
            };
            let Some(read) = joined else {
                break;
            };
            let result = read.await?;
            // It may have begun before a write that another process has finished since: the books say so.
            let version = result.as_ref().map(|read| read.payment.version);
            let books = self.record(unit, reference).await?;
            if version == books.map(|books| books.payment.version) {
                return Ok(result);
            }
        }
        self.refresh_alone(unit, reference, true).await
    }

    /// Brings the books up to date by a GET that begins now; later callers may join it. The caller has a
    /// place to work in.
    pub(crate) async fn refresh_now(&self, unit: &Served, reference: &Reference) -> Refreshed {
        self.refresh_alone(unit, reference, false).await
    }

    async fn refresh_alone(&self, unit: &Served, reference: &Reference, needs_place: bool) -> Refreshed {
        let payment = (unit.assignment, reference.clone());
        let read = {
            let mut under_way = self.reads().lock();
            self.begin_read(&mut under_way, unit, payment, needs_place)
        };
        read.await
    }

    /// A read that others may join from now on. It lives as long as somebody waits for it: what nobody
    /// waited for any more would be found later, and be old.
    fn begin_read(
        &self,
        under_way: &mut UnderWay,
        unit: &Served,
        payment: Payment,
        needs_place: bool,
    ) -> Shareable {
        let began = self.reads().moment();
        let (own, of, at) = (self.clone(), unit.clone(), payment.clone());
        let read = async move {
            let result = own.read_in_place(&of, &at.1, needs_place).await;
            own.reads().ended(&at, began);
            if result.is_ok() {
                own.reads().note(at, began);
            }
            result
        };
        let read: Shareable = read.boxed().shared();
        if let Some(weak) = read.downgrade() {
            if under_way.len() >= MOST_READ {
                under_way.retain(|_, (_, read)| read.upgrade().is_some());
            }
            under_way.insert(payment, (began, weak));
        }
        read
    }

    async fn read_in_place(&self, unit: &Served, reference: &Reference, needs_place: bool) -> Refreshed {
        let _place = if needs_place {
            Some(self.enter(unit, self.now() + self.settings().call_limit).await?)
        } else {
            None
        };
        self.read_into_books(unit, reference).await
    }
}
