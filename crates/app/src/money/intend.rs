//! The first half: everything is decided and stored before anything leaves.

use domain::operation::generation;
use domain::operation::resolve::Sent;
use domain::operation::{Kind, Status};
use domain::payment::Refusal;
use domain::upstream_key::{Identity, UpstreamKey};
use domain::{IdempotencyScope, Open, OperationId, Payment, PaymentId};
use store::Scope;
use store::money::{Attempt, Held, NewPayment, Operation, PaymentRecord, Presence};

use super::request::Request;
use crate::customers;
use crate::served::Served;
use crate::stale::{Fault, unless_stale};
use crate::{App, Error, Limit, What};

/// How far the books can be trusted for a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Books {
    /// As some earlier reading left them: good for a yes, not for a no.
    AsTheyAre,
    /// Read from Vipps after the request came.
    JustRead,
}

/// What became of a request.
#[derive(Debug)]
pub enum Intent {
    /// Stored and taken: [`super::send`] it.
    Begun(Box<Begun>),
    /// The same request was made before.
    Known(Box<Operation>),
    /// Another operation may still move this payment's money.
    Occupied(Box<Operation>),
    /// The books say no, and they may be behind: read Vipps, then ask again with [`Books::JustRead`].
    Unread,
}

/// A stored intent and the right to carry it out.
#[derive(Debug, Clone)]
pub struct Begun {
    pub unit: Served,
    pub held: Held,
    pub operation: Operation,
    pub attempt: Attempt,
    /// The payment as the books had it.
    pub books: Payment,
}

/// Stores the intent and its first send, binds the caller's key and takes the payment, in one transaction;
/// or says why not, and then nothing was written.
///
/// # Errors
/// Our refusals; they bind nothing to the caller's key.
pub async fn intend(app: &App, request: &Request, books: Books) -> Result<Intent, Error> {
    let prepared = Prepared::of(app, request);
    unless_stale(|| attempt(app, request, &prepared, books)).await
}

/// What is computed from a request's bytes: once, and before the transaction, because on SQLite all writers wait
/// for that to end.
struct Prepared {
    identity: Vec<u8>,
    /// The fingerprint of the customer's number that a create names.
    phone: Option<String>,
}

impl Prepared {
    fn of(app: &App, request: &Request) -> Self {
        let unit = &request.unit;
        let phone = match request.body.kind() {
            Kind::Create => {
                let keyring = app.store().keyring();
                customers::named_in(keyring, unit.partner, unit.environment, request.body.bytes())
            }
            Kind::Capture | Kind::Refund | Kind::Cancel => None,
        };
        Self {
            identity: request.identity(),
            phone,
        }
    }
}

async fn attempt(app: &App, request: &Request, prepared: &Prepared, books: Books) -> Result<Intent, Fault> {
    let unit = &request.unit;
    let tx = app.store().begin(unit.partner, unit.environment).await?;
    let scope = tx.scope();
    let holder = scope.find_key(&unit.msn, &request.key, &prepared.identity);
    if let Some(holder) = holder.await? {
        let found = scope.find_operation(holder.operation).await?;
        tx.rollback().await?;
        if !holder.same_request {
            return Err(Error::KeyReused.into());
        }
        let operation = found.ok_or(Error::Internal("a key is bound to no operation"))?;
        return Ok(Intent::Known(Box::new(operation)));
    }
    // The last word: what the request found on its way here may be old. Nothing closes the unit before this ends.
    let standing = scope.standing(unit.assignment).await?;
    if !standing.may_begin() {
        tx.rollback().await?;
        let closed = standing.closing.map(|_| Error::Closed);
        return Err(closed.unwrap_or(Error::NotFound(What::SalesUnit)).into());
    }
    let record = scope.find_payment(unit.assignment, &request.reference).await?;
    if let Some(busy) = record.as_ref().and_then(|record| record.busy_with) {
        let found = scope.find_operation(busy).await?;
        tx.rollback().await?;
        let operation = found.ok_or(Error::Internal("a payment is busy with no operation"))?;
        return Ok(Intent::Occupied(Box::new(operation)));
    }
    let Some(payment) = take(app, &scope, request, record, books).await? else {
        tx.rollback().await?;
        return Ok(Intent::Unread);
    };
    let begun = begin(app, &scope, request, payment, prepared).await?;
    tx.commit().await?;
    Ok(Intent::Begun(Box::new(begun)))
}

/// The payment this request may act on, as it now is; `None` = the no needs a reading first.
async fn take(
    app: &App,
    scope: &Scope<'_>,
    request: &Request,
    record: Option<PaymentRecord>,
    books: Books,
) -> Result<Option<Payment>, Fault> {
    let Some(wanted) = request.body.wanted() else {
        return expect(app, scope, request, record, books).await;
    };
    let present = record.filter(|record| record.presence == Presence::Present);
    let Some(record) = present else {
        return match books {
            Books::AsTheyAre => Ok(None),
            Books::JustRead => Err(Error::NotFound(What::Payment).into()),
        };
    };
    let open = Open::over(scope.open_operations(record.payment.id).await?);
    match (record.payment.allow(wanted, open), books) {
        (Ok(()), _) => Ok(Some(record.payment)),
        (Err(_), Books::AsTheyAre) => Ok(None),
        (Err(refusal), Books::JustRead) => Err(Error::Refused(refusal).into()),
    }
}

/// The row a create will fill.
async fn expect(
    app: &App,
    scope: &Scope<'_>,
    request: &Request,
    record: Option<PaymentRecord>,
    books: Books,
) -> Result<Option<Payment>, Fault> {
    let amount = request
        .body
        .amount()
        .ok_or(Error::Internal("a create names an amount"))?;
    let Some(record) = record else {
        let new = NewPayment {
            id: PaymentId::from_uuid(app.clock().new_id()),
            assignment: request.unit.assignment,
            msn: request.unit.msn.clone(),
            reference: request.reference.clone(),
            amount,
            presence: Presence::Expected,
            at: app.now(),
        };
        scope.add_payment(&new).await?;
        let added = scope.find_payment_by_id(new.id).await?;
        return Ok(Some(added.ok_or(store::Error::Stale)?.payment));
    };
    match (record.presence, books) {
        (Presence::Burnt, _) => Err(Error::ReferenceBurnt.into()),
        (Presence::Present, Books::AsTheyAre) => Ok(None),
        (Presence::Present, Books::JustRead) => Err(Error::Refused(Refusal::ReferenceTaken).into()),
        (Presence::Expected, _) => {
            scope.expect_again(&record.payment, amount, app.now()).await?;
            let again = scope.find_payment_by_id(record.payment.id).await?;
            Ok(Some(again.ok_or(store::Error::Stale)?.payment))
        }
    }
}

async fn begin(
    app: &App,
    scope: &Scope<'_>,
    request: &Request,
    payment: Payment,
    prepared: &Prepared,
) -> Result<Begun, Fault> {
    let unit = &request.unit;
    let kind = request.body.kind();
    let now = app.now();
    within_budget(app, scope, request, kind).await?;
    request.allowance.demand()?;
    let earlier = scope
        .released_operations(&unit.msn, &request.key, kind, &request.reference)
        .await?;
    let generation = generation::next(earlier);
    let upstream_key = UpstreamKey::derive(&Identity {
        environment: unit.environment,
        msn: &unit.msn,
        partner: unit.partner,
        kind,
        reference: &request.reference,
        key: &request.key,
        generation,
    });
    let until = now + app.settings().lease;
    let operation = Operation {
        id: OperationId::from_uuid(app.clock().new_id()),
        partner: unit.partner,
        environment: unit.environment,
        payment: payment.id,
        assignment: unit.assignment,
        msn: unit.msn.clone(),
        reference: request.reference.clone(),
        kind,
        status: Status::Pending,
        amount: request.body.amount(),
        key: request.key.clone(),
        envelope: request.body.envelope(&request.reference, &upstream_key),
        upstream_key,
        generation,
        client_id: unit.access.keys.client_id.clone(),
        answer: None,
        release: None,
        in_doubt: true,
        sends: 1,
        sent: Sent {
            first: now,
            last: now,
        },
        rounds: 0,
        missing: 0,
        // Should this process die, the resolver finds the row when the lease is over.
        next_step_at: Some(until),
        created_at: now,
        settled_at: None,
    };
    let attempt = Attempt {
        id: app.clock().new_id(),
        at: now,
    };
    let held = scope
        .occupy(payment.id, payment.version, operation.id, app.process(), until)
        .await?;
    scope.add_operation(&held, &operation, attempt).await?;
    let key = IdempotencyScope {
        partner: unit.partner,
        environment: unit.environment,
        msn: unit.msn.clone(),
        key: request.key.clone(),
    };
    scope
        .bind_key(&key, &prepared.identity, operation.id, now)
        .await?;
    if let Some(phone) = &prepared.phone {
        scope.note_customer(payment.id, phone).await?;
    }
    Ok(Begun {
        unit: unit.clone(),
        held,
        operation,
        attempt,
        books: payment,
    })
}

/// Vipps' limit on writes, with one kept back for whoever has to settle an unknown outcome.
async fn within_budget(app: &App, scope: &Scope<'_>, request: &Request, kind: Kind) -> Result<(), Fault> {
    let now = app.now();
    let budget = app.settings().writes.keeping_back(1);
    let sent = scope
        .sent_times(&request.unit.msn, &request.reference, kind, now - budget.window)
        .await?;
    budget.admit(&sent, now).map_err(|at| {
        Fault::App(Error::Limited {
            which: Limit::Writes,
            retry_after: at - now,
        })
    })
}
