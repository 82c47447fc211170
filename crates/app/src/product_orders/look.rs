//! Looking at an order that Vipps has.

use domain::product_order::{Status, pause};
use outbound::vipps::{Endpoint, OrderDetails, OrderedUnit, ReadError};
use store::product_orders::Next;
use time::{Duration, OffsetDateTime};

use super::ProductOrder;
use super::complete::complete;
use super::create::later;
use super::settle::is_like;
use super::step::put_off;
use crate::admission::Wide;
use crate::{App, Error};

/// Reads how far it is, and does what follows from it.
pub(super) async fn look(app: &App, wide: &Wide, order: &ProductOrder) -> Result<Next, Error> {
    let read = ask(app, wide, order).await;
    let now = app.now();
    let told = match read {
        Ok(told) => told,
        Err(ReadError::NotFound(_)) if order.is_unwanted => return Ok(ended(order, Status::Deleted, now)),
        // Deleted by somebody else at Vipps, or forgotten there: without an order its link leads nowhere.
        Err(ReadError::NotFound(_)) if is_over(order, now) => return Ok(ended(order, Status::Expired, now)),
        Err(ReadError::NotFound(rejected) | ReadError::Rejected(rejected)) => {
            return Ok(later(order, Some(&rejected), now));
        }
        Err(ReadError::NotSent { .. } | ReadError::Unknown { .. }) => return Ok(later(order, None, now)),
        Err(ReadError::Nonsense { reason }) => return Ok(odd(order, &reason, now)),
    };
    if !is_like(order, &told) {
        return Ok(odd(order, "it is told of another merchant or product", now));
    }
    match told {
        OrderDetails {
            status: Some(Status::Completed),
            unit: Some(OrderedUnit { msn, name }),
            ..
        } => {
            complete(app, order, &msn, &name).await?;
            Ok(Next {
                msn: Some(msn),
                ..ended(order, Status::Completed, app.now())
            })
        }
        told => Ok(next(order, told.status, now)),
    }
}

/// What Vipps says of it now.
pub(super) async fn ask(app: &App, wide: &Wide, order: &ProductOrder) -> Result<OrderDetails, ReadError> {
    let Some(id) = &order.vipps_id else {
        return Err(ReadError::NotSent {
            reason: "the order has no id at Vipps".to_owned(),
        });
    };
    let limit = app.now() + app.settings().call_limit;
    let read = app.vipps().read_product_order(&wide.access, id);
    app.read_wide(wide, Endpoint::READ_ORDER_DETAILS, limit, read)
        .await
}

/// How it goes on with this word of Vipps.
pub(super) fn next(order: &ProductOrder, told: Option<Status>, now: OffsetDateTime) -> Next {
    let told = match told {
        // The sales unit is not there yet.
        Some(Status::Completed) => Some(Status::OrderSubmitted),
        told => told,
    };
    let status = told
        .filter(|told| order.status.may_become(*told))
        .unwrap_or(order.status);
    if !status.is_open() {
        return ended(order, status, now);
    }
    let due = now + pause(now - order.created_at);
    Next {
        status,
        link: order.link.clone().filter(|_| status.is_unsigned()),
        tries: 0,
        due_at: Some(match order.expires_at {
            // Just after its link has expired, if that is sooner.
            Some(expires_at) if expires_at > now => due.min(expires_at + Duration::SECOND),
            Some(_) | None => due,
        }),
        checked_at: Some(now),
        ..Next::of(order, now)
    }
}

/// It has come to this end.
pub(super) fn ended(order: &ProductOrder, status: Status, now: OffsetDateTime) -> Next {
    Next {
        status,
        link: None,
        tries: 0,
        due_at: None,
        checked_at: Some(now),
        ..Next::of(order, now)
    }
}

fn is_over(order: &ProductOrder, now: OffsetDateTime) -> bool {
    order.expires_at.is_some_and(|at| now >= at + Duration::DAY)
}

/// An answer that cannot be believed teaches nothing.
fn odd(order: &ProductOrder, reason: &str, now: OffsetDateTime) -> Next {
    tracing::error!(
        product_order.id = %order.id,
        reason,
        "what Vipps says of a product order cannot be believed"
    );
    put_off(order, now)
}
