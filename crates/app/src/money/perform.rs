//! One request to move money, from the door to the answer.

use std::sync::Arc;

use domain::operation::Status;
use domain::{IdempotencyKey, Msn, Reference};
use outbound::Access;
use outbound::vipps::Endpoint;
use store::money::Operation;
use time::Duration;
use tokio::sync::{oneshot, watch};

use super::drive::{Drive, Driven, Hands, Waiting};
use super::fingerprint;
use super::intend::{Books, Intent, intend};
use super::request::{Body, Request};
use crate::admission::{Place, Purpose};
use crate::reads::Order;
use crate::served::Served;
use crate::stale::Fault;
use crate::{Answered, App, Error, Unit};

/// Another process is asked this often whether it is done.
const ELSEWHERE: Duration = Duration::milliseconds(250);

/// How long a GET may take that an operation needs, whatever its caller's patience.
const READ_AT_LEAST: Duration = Duration::seconds(5);

/// Tells a waiting handler which operation it may name if its wait ends first.
type Progress = watch::Sender<Option<Arc<Operation>>>;

/// Carries out the request in a task of its own and waits for it until the caller's deadline. A caller who
/// hangs up ends the waiting, never the work.
pub(crate) async fn perform(app: &App, request: Request) -> Result<Answered, Error> {
    let until = request.until;
    let arrived = app.reads().moment();
    let (done, mut answer) = oneshot::channel();
    let (stored, mut progress) = watch::channel(None);
    let own = app.clone();
    app.track(async move {
        let result = Box::pin(run(&own, &request, arrived, &stored)).await;
        if let Err(Err(error)) = done.send(result) {
            tracing::info!(%error, "a request failed after its caller had left");
        }
    });
    let mut is_over = false;
    loop {
        let named = progress.borrow_and_update().clone();
        if let Some(operation) = named.filter(|_| is_over) {
            let driven = app.books_of(&operation).await?;
            return app.answered(&driven, false).await;
        }
        tokio::select! {
            biased;
            result = &mut answer => {
                return result.unwrap_or(Err(Error::Internal("a task ended without an answer")));
            }
            () = app.clock().sleep_until(until), if !is_over => is_over = true,
            Ok(()) = progress.changed(), if is_over => {}
        }
    }
}

async fn run(app: &App, request: &Request, arrived: Order, stored: &Progress) -> Result<Answered, Error> {
    let unit = &request.unit;
    let first = known(app, request).await?;
    if let Some(operation) = &first {
        if !operation.status.is_open() {
            return app.answered(&Driven::Settled(operation.clone()), true).await;
        }
        stored.send_replace(Some(Arc::new(operation.clone())));
    }
    let Some(_turn) = app.turn(unit.assignment, &request.reference, request.until).await else {
        return out_of_time(app, request, first).await;
    };
    // Whoever waited gets the answer it waited for, also when that gave the key free again.
    if let Some(operation) = &first
        && let settled @ Driven::Settled(_) = app.books_of(operation).await?
    {
        return app.answered(&settled, false).await;
    }
    let _place = match &first {
        None => Some(enter(app, request).await?),
        // There is one open operation by payment: their number is no crowd.
        Some(_) => None,
    };
    let mut books = Books::AsTheyAre;
    loop {
        let (open, is_ours) = match intend(app, request, books).await? {
            Intent::Begun(begun) => {
                stored.send_replace(Some(Arc::new(begun.operation.clone())));
                let driven = Drive::begun(*begun, Waiting::Caller(request.until))
                    .run(app)
                    .await?;
                return app.answered(&driven, false).await;
            }
            Intent::Unread => {
                // Whoever waited behind others may use the GET that one of them made meanwhile.
                let reads = app.reads();
                if !reads.has_read_since(arrived, unit.assignment, &request.reference) {
                    read_in_time(app, request).await?;
                }
                books = Books::JustRead;
                continue;
            }
            Intent::Known(operation) => {
                stored.send_replace(Some(Arc::new((*operation).clone())));
                (operation, true)
            }
            Intent::Occupied(operation) => (operation, false),
        };
        let waiting = if is_ours {
            Waiting::Caller(request.until)
        } else {
            Waiting::Other(request.until)
        };
        match app.carry_on(unit, *open, waiting).await? {
            driven if is_ours => return app.answered(&driven, false).await,
            Driven::Settled(_) => {}
            Driven::Open(operation) => return Err(in_the_way(&operation)),
        }
    }
}

/// Reads the books for as long as the caller waits, or a little longer than an impatient one does. Who gets
/// no answer in time has moved nothing, and nothing moves after he was told so.
async fn read_in_time(app: &App, request: &Request) -> Result<(), Error> {
    let until = request.until.max(app.now() + READ_AT_LEAST);
    tokio::select! {
        biased;
        read = app.refresh_now(&request.unit, &request.reference) => read.map(drop),
        () = app.clock().sleep_until(until) => Err(Error::VippsUnavailable {
            retry_after: Duration::SECOND,
        }),
    }
}

/// A place for new work, once it is known that it could leave. Nothing is stored before.
async fn enter(app: &App, request: &Request) -> Result<Place, Error> {
    let door = Endpoint::of_operation(request.body.kind());
    app.may_leave(&request.unit, door, Purpose::Begin).await?;
    app.enter(&request.unit, request.until).await
}

/// The operation under the caller's key, if it is of this very request.
async fn known(app: &App, request: &Request) -> Result<Option<Operation>, Error> {
    let unit = &request.unit;
    let reader = app.store().read(unit.partner, unit.environment);
    under_key(reader.scope(), &unit.msn, &request.key, &request.identity()).await
}

async fn under_key(
    scope: store::Scope<'_, store::Read>,
    msn: &Msn,
    key: &IdempotencyKey,
    identity: &[u8],
) -> Result<Option<Operation>, Error> {
    match scope.find_key(msn, key, identity).await? {
        None => Ok(None),
        Some(holder) if !holder.same_request => Err(Error::KeyReused),
        // `None` = given free in between; the intent looks again.
        Some(holder) => Ok(scope.find_operation(holder.operation).await?),
    }
}

/// The answer to a request at a sales unit that has moved to another partner: the stored one, if there is one.
///
/// # Errors
/// [`Error::KeyReused`]; [`Error::Closed`] for whatever would have to be begun.
pub(crate) async fn answered_before(
    app: &App,
    unit: &Unit,
    reference: &Reference,
    key: &IdempotencyKey,
    body: &Body,
) -> Result<Answered, Error> {
    let reader = app.store().read(unit.partner, unit.environment);
    let identity = fingerprint::identity(body.kind(), reference, body.bytes());
    let found = under_key(reader.scope(), &unit.msn, key, &identity).await?;
    let operation = found.ok_or(Error::Closed)?;
    let is_settled = !operation.status.is_open();
    let driven = if is_settled {
        Driven::Settled(operation)
    } else {
        Driven::Open(operation)
    };
    app.answered(&driven, is_settled).await
}

/// The wait ended before the turn came.
async fn out_of_time(app: &App, request: &Request, first: Option<Operation>) -> Result<Answered, Error> {
    if let Some(operation) = first {
        let driven = app.books_of(&operation).await?;
        return app.answered(&driven, false).await;
    }
    let reader = app.store().read(request.unit.partner, request.unit.environment);
    let scope = reader.scope();
    let record = scope
        .find_payment(request.unit.assignment, &request.reference)
        .await?;
    if let Some(busy) = record.and_then(|record| record.busy_with)
        && let Some(operation) = scope.find_operation(busy).await?
    {
        return Err(in_the_way(&operation));
    }
    Err(busy())
}

fn in_the_way(operation: &Operation) -> Error {
    if operation.status == Status::Unknown {
        Error::Unsettled
    } else {
        busy()
    }
}

const fn busy() -> Error {
    Error::Busy {
        retry_after: Duration::SECOND,
    }
}

impl App {
    /// Carries on an open operation for somebody who waits for it, or waits for the process that does.
    async fn carry_on(&self, unit: &Served, operation: Operation, waiting: Waiting) -> Result<Driven, Error> {
        let mut operation = operation;
        while operation.status.is_open() {
            if let Some(drive) = self.take_over(unit, &operation, waiting).await? {
                return drive.run(self).await;
            }
            let now = self.now();
            let Some(until) = waiting.until().filter(|until| now < *until) else {
                return Ok(Driven::Open(operation));
            };
            self.clock().sleep_until(until.min(now + ELSEWHERE)).await;
            operation = match self.books_of(&operation).await? {
                Driven::Settled(operation) | Driven::Open(operation) => operation,
            };
        }
        Ok(Driven::Settled(operation))
    }

    /// Claims an open operation whose owner is gone. The caller holds the payment's turn.
    pub(crate) async fn take_over(
        &self,
        unit: &Served,
        operation: &Operation,
        waiting: Waiting,
    ) -> Result<Option<Drive>, Error> {
        // Begun under other keys, it is finished under those; what serves the unit now reads where they cannot.
        let (unit, present) = if unit.access.keys.client_id == operation.client_id {
            (unit.clone(), None)
        } else {
            let served = self.served_operation(operation).await?;
            let access = Access {
                trace: unit.access.trace.clone(),
                ..served.access
            };
            (
                Served {
                    access,
                    ..unit.clone()
                },
                Some(unit.clone()),
            )
        };
        let now = self.now();
        let until = now + self.settings().lease;
        let work = async {
            let tx = self
                .store()
                .begin(operation.partner, operation.environment)
                .await?;
            let scope = tx.scope();
            let claimed = scope
                .claim(operation.payment, operation.id, self.process(), now, until)
                .await?;
            let Some(held) = claimed else {
                tx.rollback().await?;
                return Ok(None);
            };
            scope.hold_off(operation.id, until).await?;
            let found = scope.find_operation(operation.id).await?;
            let operation = found.ok_or(store::Error::Stale)?;
            // Where no end is written down, its sender may have been at it until the lease was over.
            let doubted = scope.last_send_in_doubt(operation.id).await?;
            let doubted = doubted.map(|send| send.ended_at.unwrap_or(send.at + self.settings().lease));
            let record = scope.find_payment_by_id(operation.payment).await?;
            let record = record.ok_or(store::Error::Stale)?;
            tx.commit().await?;
            Ok(Some(Drive::claimed(
                Hands {
                    began: unit.clone(),
                    present: present.clone(),
                },
                held,
                operation,
                doubted,
                record.payment,
                waiting,
            )))
        };
        match work.await {
            Ok(drive) => Ok(drive),
            Err(Fault::Store(store::Error::Stale)) => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }
}
