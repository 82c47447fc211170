//! Taking an order back before the merchant has signed it.

use domain::product_order::Status;
use domain::{Outcome, ProductOrderId};
use outbound::vipps::{ReadError, product_order};
use store::product_orders::Next;
use time::Duration;
use tokio::sync::oneshot;

use super::create::says_nothing;
use super::look::{ask, ended, next};
use super::read::own;
use super::step::save;
use super::{Hindrance, ProductOrder};
use crate::admission::{Purpose, Wide};
use crate::audit::Actor;
use crate::{App, Caller, Error, Scope};

/// How long one waits for whoever is looking at the order.
const PATIENCE: Duration = Duration::seconds(5);
const ELSEWHERE: Duration = Duration::milliseconds(250);

/// Deletes an order at Vipps (Management API 2.0.9, delete product order, 2026-09: only before it is submitted). One
/// that was deleted stays so.
///
/// # Errors
/// `NotFound(ProductOrder)`; [`Hindrance::Closed`] when it was signed or has ended; [`Hindrance::Unsettled`];
/// [`Error::Vipps`]; [`Error::VippsUnavailable`] when it is not known: ask again; [`Error::Narrowed`].
pub async fn delete(app: &App, caller: &Caller, id: ProductOrderId) -> Result<ProductOrder, Error> {
    caller.demand(Scope::MerchantsManage)?;
    caller.demand_all_units()?;
    let order = own(app, caller, id).await?;
    if order.status == Status::Deleted {
        return Ok(order);
    }
    demand_unsigned(&order)?;
    let wide = app
        .wide(
            order.partner,
            order.environment,
            caller.profile,
            caller.trace.clone(),
        )
        .await?;
    let (done, answer) = oneshot::channel();
    let (own, by) = (app.clone(), caller.actor());
    // A caller who hangs up ends the waiting, never the work.
    app.track(async move {
        if let Err(Err(error)) = done.send(run(&own, &wide, id, &by).await) {
            tracing::info!(%error, "a deletion failed after its caller had left");
        }
    });
    answer
        .await
        .unwrap_or(Err(Error::Internal("a task ended without an answer")))
}

fn demand_unsigned(order: &ProductOrder) -> Result<(), Error> {
    if order.status == Status::Pending {
        return Err(Hindrance::Unsettled.into());
    }
    if order.status.is_unsigned() {
        return Ok(());
    }
    Err(Hindrance::Closed(order.status).into())
}

async fn run(app: &App, wide: &Wide, id: ProductOrderId, by: &Actor) -> Result<ProductOrder, Error> {
    let order = hold(app, wide, id).await?;
    let envelope = product_order::delete(order.vipps_id.as_deref().unwrap_or_default());
    let limit = app.now() + app.settings().call_limit;
    let outcome = app.send_wide(wide, &envelope, Purpose::Begin, limit).await;
    let deleted = || ended(&order, Status::Deleted, app.now());
    let (next, failed) = match outcome {
        Outcome::Accepted(_) => (deleted(), None),
        Outcome::Rejected(rejected) if rejected.status == 404 => (deleted(), None),
        Outcome::NotSent { .. } => {
            let as_before = Next {
                is_unwanted: false,
                ..soon(app, &order)
            };
            (as_before, Some(unavailable()))
        }
        Outcome::Rejected(rejected) if says_nothing(&rejected) => {
            (soon(app, &order), Some(Error::Vipps(Box::new(rejected))))
        }
        // Vipps' no, or none: what is there decides.
        Outcome::Rejected(rejected) => match ask(app, wide, &order).await {
            Err(ReadError::NotFound(_)) => (deleted(), None),
            Ok(told) => {
                let status = told.status.unwrap_or(order.status);
                let failed = if status.is_unsigned() {
                    Error::Vipps(Box::new(rejected))
                } else {
                    Hindrance::Closed(status).into()
                };
                (seen(app, &order, status), Some(failed))
            }
            Err(_) => (soon(app, &order), Some(Error::Vipps(Box::new(rejected)))),
        },
        Outcome::Unknown { .. } => match ask(app, wide, &order).await {
            Err(ReadError::NotFound(_)) => (deleted(), None),
            Ok(_) | Err(_) => (soon(app, &order), Some(unavailable())),
        },
    };
    let act = failed.is_none().then_some((by, "delete"));
    let saved = save(app, &order, &next, act).await?;
    match failed {
        None => Ok(saved),
        Some(error) => Err(error),
    }
}

/// Takes the order, and writes down that it is about to be deleted: should the process die after Vipps has done so,
/// the next look knows why it is gone.
async fn hold(app: &App, wide: &Wide, id: ProductOrderId) -> Result<ProductOrder, Error> {
    let until = app.now() + PATIENCE;
    loop {
        let now = app.now();
        let tx = app.store().begin(wide.partner, wide.environment).await?;
        let scope = tx.scope();
        let lease = now + app.settings().lease;
        if let Some(order) = scope.claim_product_order(id, false, now, lease).await? {
            demand_unsigned(&order)?;
            scope.want_no_product_order(&order).await?;
            tx.commit().await?;
            return Ok(ProductOrder {
                is_unwanted: true,
                ..order
            });
        }
        tx.rollback().await?;
        if now >= until {
            return Err(Hindrance::Unsettled.into());
        }
        app.clock().sleep_until(now + ELSEWHERE).await;
    }
}

/// As it is; the job looks at once.
fn soon(app: &App, order: &ProductOrder) -> Next {
    let now = app.now();
    Next {
        due_at: Some(now),
        ..Next::of(order, now)
    }
}

/// As Vipps tells it. A completed one is left to the job, which does what follows from it.
fn seen(app: &App, order: &ProductOrder, status: Status) -> Next {
    let now = app.now();
    Next {
        due_at: (status != Status::Rejected && status != Status::Expired).then_some(now),
        is_unwanted: false,
        ..next(order, Some(status), now)
    }
}

const fn unavailable() -> Error {
    Error::VippsUnavailable {
        retry_after: Duration::seconds(5),
    }
}
