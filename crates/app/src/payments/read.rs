//! Reading payments: one, its event log, and lists of them.

use domain::{Event, EventName, Msn, Reference};
use store::money::{PaymentFilter, PaymentUpdate, Presence};

use crate::admission::Purpose;
use crate::money::payment_view;
use crate::served::Reach;
use crate::{App, Caller, Cursor, Error, Page, PaymentView, Query, Scope, What};

/// The event log of a payment, read and as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLog {
    /// Oldest first, as Vipps gives them.
    pub events: Vec<Event>,
    /// Vipps' answer as it came.
    pub body: Vec<u8>,
}

/// One payment, read from Vipps now; one never seen before is adopted. Of a sales unit that has moved to another
/// partner it is as the books have it.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`]; [`Error::Limited`], [`Error::Vipps`] and
/// [`Error::VippsUnavailable`] when it could not be read.
pub async fn get(app: &App, caller: &Caller, msn: &Msn, reference: &Reference) -> Result<PaymentView, Error> {
    caller.demand(Scope::PaymentsRead)?;
    let unit = match app.reach(caller, msn).await? {
        Reach::Served(unit) => unit,
        Reach::Left(unit) => {
            let record = app.left_payment(&unit, reference).await?;
            return payment_view(&record).ok_or(Error::NotFound(What::Payment));
        }
    };
    let record = app.refresh(&unit, reference).await?;
    record
        .as_deref()
        .and_then(payment_view)
        .ok_or(Error::NotFound(What::Payment))
}

/// The event log of one payment, read from Vipps now.
///
/// # Errors
/// As [`get`].
pub async fn events(app: &App, caller: &Caller, msn: &Msn, reference: &Reference) -> Result<EventLog, Error> {
    caller.demand(Scope::PaymentsRead)?;
    let unit = app.served(caller, msn).await?;
    let record = match app.record(&unit, reference).await? {
        Some(record) if record.presence == Presence::Present => Some(record),
        Some(_) | None => app
            .refresh(&unit, reference)
            .await?
            .map(|record| (*record).clone()),
    };
    let record = record.ok_or(Error::NotFound(What::Payment))?;
    let log = {
        let _place = app.enter(&unit, app.now() + app.settings().call_limit).await?;
        app.read_events(&unit, reference, Purpose::Begin).await?
    };
    let created = log
        .events
        .iter()
        .find(|event| event.name == EventName::Created && event.success);
    // The log may be more exact than the books can be.
    let created_at = created.map(|created| created.timestamp.truncate_to_microsecond());
    if let Some(created_at) = created_at
        && created_at != record.payment.created_at
    {
        let payment = domain::Payment {
            created_at,
            ..record.payment.clone()
        };
        let update = PaymentUpdate {
            payment: &payment,
            presence: record.presence,
            found_late: record.found_late,
            reading: None,
            created: None,
            at: app.now(),
        };
        match app.save(&update).await {
            // Somebody else was quicker; the time of creation is learnt again with the next log.
            Ok(()) | Err(store::Error::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(EventLog {
        events: log.events,
        body: log.body,
    })
}

/// Payments of a sales unit as the books have them, newest first.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`] for the sales unit, [`Error::Unavailable`].
pub async fn search(
    app: &App,
    caller: &Caller,
    msn: &Msn,
    query: &Query,
) -> Result<Page<PaymentView>, Error> {
    caller.demand(Scope::PaymentsRead)?;
    let assignment = match app.reach(caller, msn).await? {
        Reach::Served(unit) => unit.assignment,
        Reach::Left(unit) => unit.assignment,
    };
    let limit = query.limit.clamp(1, Query::MOST);
    let filter = PaymentFilter {
        states: query.states.clone(),
        from: query.from,
        to: query.to,
        reference_prefix: query.reference_prefix.clone(),
        before: query.after.map(|cursor| cursor.0),
        // One more tells whether there is a next page.
        limit: u64::from(limit) + 1,
    };
    let reader = app.store().read(caller.partner, caller.environment);
    let mut records = reader.scope().list_payments(assignment, &filter).await?;
    let has_more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next = records
        .last()
        .filter(|_| has_more)
        .map(|last| Cursor(last.payment.id));
    Ok(Page {
        data: records.iter().filter_map(payment_view).collect(),
        next,
    })
}
