//! Settling an order of which it is not known whether Vipps has it.
//!
//! Within the replay horizon the same bytes go out again under the same key, and Vipps answers as it did or should
//! have done (Management API 2.0.9, `Idempotency-Key`, 2026-09). Later nothing is sent: Vipps' list is read. The list
//! knows no keys, so it says "none", or one order that can only be this one, or nothing.

use domain::product_order::{LINK_LIVES, Status};
use domain::{Outcome, Rejected};
use outbound::vipps::{Endpoint, OrderDetails};
use store::product_orders::Next;
use time::Duration;

use super::ProductOrder;
use super::create::{later, received, refused, says_nothing, send};
use super::step::put_off;
use crate::admission::{Purpose, Wide};
use crate::{App, Error};

/// How long after the last send an order may still come about.
const ON_ITS_WAY: Duration = Duration::MINUTE;

pub(super) async fn settle(app: &App, wide: &Wide, order: &ProductOrder) -> Result<Next, Error> {
    let horizon = order.sent_at + app.settings().repeatable_for();
    // Under other keys it would be another partner's order for Vipps, and the key would guard nothing.
    if app.now() >= horizon || wide.access.keys.id != order.keys {
        return by_the_list(app, wide, order, None).await;
    }
    match send(app, wide, order, Purpose::Settle).await {
        Outcome::Accepted(accepted) => Ok(received(order, &accepted, app.now())),
        Outcome::Rejected(rejected) if says_nothing(&rejected) => {
            Ok(later(order, Some(&rejected), app.now()))
        }
        Outcome::Rejected(rejected) => by_the_list(app, wide, order, Some(rejected)).await,
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => Ok(later(order, None, app.now())),
    }
}

/// `refusal` = Vipps' no to a repetition, which an earlier yes may stand behind.
async fn by_the_list(
    app: &App,
    wide: &Wide,
    order: &ProductOrder,
    refusal: Option<Rejected>,
) -> Result<Next, Error> {
    let now = app.now();
    if now < order.sent_at + ON_ITS_WAY {
        return Ok(later(order, None, now));
    }
    let limit = now + app.settings().call_limit;
    let read = app.vipps().list_product_orders(&wide.access);
    let Ok(list) = app.read_wide(wide, Endpoint::LIST_ORDERS, limit, read).await else {
        return Ok(later(order, None, app.now()));
    };
    let now = app.now();
    let mut found = candidates(app, order, list).await?;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) if is_alone(app, order).await? => Ok(Next {
            status: Status::Received,
            vipps_id: Some(only.id),
            link: only.url,
            tries: 0,
            // How far it is, a look tells.
            due_at: Some(now),
            expires_at: Some(order.sent_at + LINK_LIVES),
            ..Next::of(order, now)
        }),
        // It cannot be told which of them it is. Nobody was given its link, so it ends with the link.
        (Some(_), _) if now >= order.sent_at + LINK_LIVES => Ok(Next {
            status: Status::Expired,
            due_at: None,
            ..Next::of(order, now)
        }),
        (Some(_), _) => Ok(put_off(order, now)),
        (None, _) => Ok(match refusal {
            Some(rejected) => refused(order, rejected, now),
            None => Next {
                status: Status::NotCreated,
                due_at: None,
                ..Next::of(order, now)
            },
        }),
    }
}

/// Orders of Vipps that this one may be: made with prefill for the same merchant and product, and in nobody's books.
async fn candidates(
    app: &App,
    order: &ProductOrder,
    list: Vec<OrderDetails>,
) -> Result<Vec<OrderDetails>, Error> {
    let mut like: Vec<_> = list.into_iter().filter(|it| is_like(order, it)).collect();
    let ids: Vec<_> = like.iter().map(|it| it.id.clone()).collect();
    let reader = app.store().read(order.partner, order.environment);
    let known = reader.scope().known_product_orders(&ids).await?;
    like.retain(|it| !known.contains(&it.id));
    Ok(like)
}

async fn is_alone(app: &App, order: &ProductOrder) -> Result<bool, Error> {
    let reader = app.store().read(order.partner, order.environment);
    Ok(reader.scope().pending_like(order).await? == 1)
}

/// Whether what Vipps tells can be told of this order. What it leaves out is no contradiction.
pub(super) fn is_like(order: &ProductOrder, told: &OrderDetails) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    told.is_prefill != Some(false)
        && told.scheme.eq_ignore_ascii_case(&order.scheme)
        && digits(&told.number) == digits(&order.number)
        && told
            .product_type
            .as_ref()
            .is_none_or(|kind| *kind == order.product_type)
}
