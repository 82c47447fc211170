//! Reading Vipps: within its limits, and once for all who ask at the same time.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::budget::Budget;
use domain::{AssignmentId, Reading, Reference};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use outbound::vipps::{Events, ReadError};
use store::money::PaymentRecord;
use time::{Duration, OffsetDateTime};

use crate::served::Served;
use crate::{App, Error, Limit};

/// A read that told nothing.
#[derive(Debug, Clone)]
pub(crate) enum Unread {
    Vipps(ReadError),
    /// Vipps' limit, kept here, would be exceeded; how long until it is not.
    Limited(Duration),
}

impl From<Unread> for Error {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Limited(retry_after) => Self::Limited {
                which: Limit::Reads,
                retry_after,
            },
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

/// How many payments are remembered as read lately. Forgetting one costs a GET.
const MOST_READ: usize = 4096;

/// A moment in the order of arrivals and reads, whatever the clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order(u64);

/// Reads under way, and when the last ones left.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    order: AtomicU64,
    under_way: Mutex<HashMap<Payment, (Order, Shareable)>>,
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
        while sent.front().is_some_and(|at| *at + budget.window <= now) {
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

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Payment, (Order, Shareable)>> {
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

/// A read that others may join. It ends with its first caller, also when that one leaves in the middle:
/// carried on by nobody, its answer would grow old and be handed to whoever asks next.
struct Entry<'a> {
    reads: &'a Reads,
    payment: Payment,
    began: Order,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.reads.ended(&self.payment, self.began);
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
    pub(crate) async fn read_payment(&self, unit: &Served, reference: &Reference) -> Result<Reading, Unread> {
        self.admit_read(unit, reference, Which::Payment)?;
        let read = self.vipps().read_payment(&unit.access, reference);
        read.await.map_err(Unread::Vipps)
    }

    /// One GET of the payment's event log, counted.
    pub(crate) async fn read_events(&self, unit: &Served, reference: &Reference) -> Result<Events, Unread> {
        self.admit_read(unit, reference, Which::Events)?;
        let read = self.vipps().read_events(&unit.access, reference);
        read.await.map_err(Unread::Vipps)
    }

    /// Brings the books up to date, together with whoever does so already.
    pub(crate) async fn refresh(&self, unit: &Served, reference: &Reference) -> Refreshed {
        let payment = (unit.assignment, reference.clone());
        let joined = self.reads().lock().get(&payment).map(|(_, read)| read.clone());
        match joined {
            Some(read) => read.await,
            None => self.refresh_now(unit, reference).await,
        }
    }

    /// Brings the books up to date by a GET that begins now; later callers may join it.
    pub(crate) async fn refresh_now(&self, unit: &Served, reference: &Reference) -> Refreshed {
        let payment = (unit.assignment, reference.clone());
        let (own, of, at) = (self.clone(), unit.clone(), reference.clone());
        let read: Shareable = async move { own.read_into_books(&of, &at).await }
            .boxed()
            .shared();
        let began = self.reads().moment();
        self.reads().lock().insert(payment.clone(), (began, read.clone()));
        let entry = Entry {
            reads: self.reads(),
            payment,
            began,
        };
        let result = read.await;
        if result.is_ok() {
            self.reads().note(entry.payment.clone(), began);
        }
        result
    }
}
