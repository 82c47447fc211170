//! Making an order: written down, sent once, settled.

use domain::product_order::{Facts, LINK_LIVES, Status, back_off, pause};
use domain::{
    Accepted, Forwarded, IdempotencyKey, Outcome, ProductOrderId, Rejected, UpstreamKey, Violation,
};
use outbound::vipps::product_order;
use store::product_orders::{NewProductOrder, Next};
use store::registry::Merchant;
use time::{Duration, OffsetDateTime};
use tokio::sync::oneshot;

use super::step::{save, step};
use super::{Hindrance, ProductOrder};
use crate::admission::{Purpose, Wide};
use crate::audit::{self, Actor, Change};
use crate::money::fingerprint;
use crate::registry::sales_units;
use crate::stale::{Fault, unless_stale};
use crate::{App, Caller, Error, Scope, Wait};

/// Another process is asked this often whether it is done.
const ELSEWHERE: Duration = Duration::milliseconds(250);

/// An order to be: Vipps' body as it came, and the caller's key.
#[derive(Debug, Clone)]
pub struct Create {
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<Facts>,
    pub wait: Wait,
}

/// An order, however far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub order: ProductOrder,
    /// Whether it had been settled before this request came.
    pub replayed: bool,
}

/// What is asked, by whom, for whom.
struct Request {
    caller: Caller,
    by: Actor,
    merchant: Merchant,
    key: IdempotencyKey,
    forwarded: Forwarded<Facts>,
    until: OffsetDateTime,
}

enum Intent {
    /// Written down, and held by us.
    Begun(Box<ProductOrder>),
    Known(Box<ProductOrder>),
}

/// Orders a product for one of the partner's merchants, which `businessIdentifier` names. The answer tells what is
/// known when the caller's wait ends; the work goes on.
///
/// # Errors
/// [`Hindrance::InTest`]; [`Hindrance::WithoutKeys`]; [`Error::Invalid`] when the merchant is none of the partner's;
/// [`Error::KeyReused`]; [`Error::Narrowed`]; [`Error::VippsUnavailable`] when nothing left.
pub async fn create(app: &App, caller: &Caller, new: Create) -> Result<Placed, Error> {
    caller.demand(Scope::MerchantsManage)?;
    caller.demand_all_units()?;
    if caller.environment == domain::Environment::Test {
        return Err(Hindrance::InTest.into());
    }
    let request = Request {
        merchant: merchant(app, caller, &new.forwarded.facts).await?,
        caller: caller.clone(),
        by: caller.actor(),
        key: new.key.clone(),
        until: new.wait.until,
        forwarded: new.forwarded,
    };
    let identity = request.identity();
    let (done, mut answer) = oneshot::channel();
    let own = app.clone();
    // From here on the work is a task's: a caller who hangs up ends the waiting alone.
    app.track(async move {
        if let Err(Err(error)) = done.send(run(&own, &request).await) {
            tracing::info!(%error, "a product order failed after its caller had left");
        }
    });
    let mut is_over = false;
    loop {
        tokio::select! {
            biased;
            result = &mut answer => {
                return result.unwrap_or(Err(Error::Internal("a task ended without an answer")));
            }
            () = app.clock().sleep_until(new.wait.until), if !is_over => {
                is_over = true;
                let reader = app.store().read(caller.partner, caller.environment);
                let found = reader.scope().find_ordered(&new.key, &identity).await?;
                if let Some((order, true)) = found.filter(|(order, _)| order.status == Status::Pending) {
                    return Ok(Placed { order, replayed: false });
                }
            }
        }
    }
}

/// The body names the merchant; the registry has it, or there is no order.
async fn merchant(app: &App, caller: &Caller, facts: &Facts) -> Result<Merchant, Error> {
    let reader = app.store().read(caller.partner, caller.environment);
    let country = facts.country();
    let found = reader.scope().find_organisation(country, &facts.number).await?;
    let fault = |field: &str, message: &str| Error::Invalid(vec![Violation::new(field, "unknown", message)]);
    let merchant = found.ok_or_else(|| {
        fault(
            "businessIdentifier",
            "is no merchant of yours in this environment: create it first with POST /v1/merchants",
        )
    })?;
    if sales_units::home_market(country).is_none() {
        return Err(fault("businessIdentifier.scheme", "must name a market of Vipps"));
    }
    Ok(merchant)
}

impl Request {
    fn identity(&self) -> Vec<u8> {
        fingerprint::of_body(&self.forwarded.body)
    }
}

async fn run(app: &App, request: &Request) -> Result<Placed, Error> {
    let order = match known(app, request).await? {
        Some(order) if order.status != Status::Pending => {
            return Ok(Placed {
                order,
                replayed: true,
            });
        }
        Some(order) => order,
        None => {
            let Caller {
                partner,
                environment,
                profile,
                trace,
                ..
            } = &request.caller;
            let wide = app.wide(*partner, *environment, *profile, trace.clone()).await?;
            match intend(app, request, &wide).await? {
                Intent::Begun(order) => first(app, &wide, *order).await?,
                Intent::Known(order) => *order,
            }
        }
    };
    let order = wait_for(app, order, request.until).await?;
    Ok(Placed {
        order,
        replayed: false,
    })
}

/// The order under the caller's key, unless a refusal gave the key free.
async fn known(app: &App, request: &Request) -> Result<Option<ProductOrder>, Error> {
    let reader = app
        .store()
        .read(request.caller.partner, request.caller.environment);
    let found = reader
        .scope()
        .find_ordered(&request.key, &request.identity())
        .await?;
    match found {
        Some((order, _)) if order.is_released => Ok(None),
        Some((_, false)) => Err(Error::KeyReused),
        Some((order, true)) => Ok(Some(order)),
        None => Ok(None),
    }
}

/// Writes the order down, in one transaction with who wanted it.
async fn intend(app: &App, request: &Request, wide: &Wide) -> Result<Intent, Error> {
    let identity = request.identity();
    unless_stale(|| async {
        let tx = app.store().begin(wide.partner, wide.environment).await?;
        let scope = tx.scope();
        let found = scope.find_ordered(&request.key, &identity).await?;
        let (id, generation) = match found {
            // Vipps keeps a refusal under its key, so the next try has another one there.
            Some((order, _)) if order.is_released => {
                scope.remove_product_order(&order).await?;
                (order.id, order.generation + 1)
            }
            Some((order, same)) => {
                tx.rollback().await?;
                let known = Intent::Known(Box::new(order));
                return if same {
                    Ok(known)
                } else {
                    Err(Fault::App(Error::KeyReused))
                };
            }
            None => (ProductOrderId::from_uuid(app.clock().new_id()), 0),
        };
        let now = app.now();
        let upstream_key =
            UpstreamKey::of_product_order(wide.environment, wide.partner, &request.key, generation);
        let new = NewProductOrder {
            id,
            merchant: request.merchant.id,
            key: &request.key,
            upstream_key: &upstream_key,
            generation,
            keys: wide.access.keys.id,
            facts: &request.forwarded.facts,
            body: &request.forwarded.body,
            identity: &identity,
            at: now,
            until: now + app.settings().lease,
        };
        scope.add_product_order(&new).await?;
        let order = scope.find_product_order(id).await?.ok_or(store::Error::Stale)?;
        audit::own(app, &tx, &request.by, &Change::added(&order)).await?;
        tx.commit().await?;
        Ok::<_, Fault>(Intent::Begun(Box::new(order)))
    })
    .await
}

/// The first send, and what became of it.
async fn first(app: &App, wide: &Wide, order: ProductOrder) -> Result<ProductOrder, Error> {
    let next = match send(app, wide, &order, Purpose::Begin).await {
        Outcome::Accepted(accepted) => received(&order, &accepted, app.now()),
        Outcome::Rejected(rejected) => refused(&order, rejected, app.now()),
        Outcome::NotSent { reason } => {
            tracing::info!(reason, product_order.id = %order.id, "a product order did not leave");
            let tx = app.store().begin(order.partner, order.environment).await?;
            tx.scope().remove_product_order(&order).await?;
            audit::own(app, &tx, &Actor::gateway(), &Change::removed(&order)).await?;
            tx.commit().await?;
            return Err(Error::VippsUnavailable {
                retry_after: Duration::seconds(5),
            });
        }
        Outcome::Unknown { .. } => later(&order, None, app.now()),
    };
    save(app, &order, &next, None).await
}

/// The stored bytes under the stored key.
pub(super) async fn send(app: &App, wide: &Wide, order: &ProductOrder, purpose: Purpose) -> Outcome {
    let envelope = product_order::place(&order.request, &order.upstream_key);
    let limit = app.now() + app.settings().call_limit;
    app.send_wide(wide, &envelope, purpose, limit).await
}

/// Vipps has it.
pub(super) fn received(order: &ProductOrder, accepted: &Accepted, now: OffsetDateTime) -> Next {
    // An answer that is not one is unknown before it comes here.
    let Ok(placed) = product_order::placed(&accepted.body) else {
        return later(order, None, now);
    };
    Next {
        status: Status::Received,
        vipps_id: Some(placed.id),
        link: Some(placed.url),
        tries: 0,
        due_at: Some(now + pause(Duration::ZERO)),
        // Vipps counts from when it took the order, which was not before it was sent.
        expires_at: Some(order.sent_at + LINK_LIVES),
        checked_at: Some(now),
        ..Next::of(order, now)
    }
}

/// Vipps does not take it. What says nothing about the request gives the caller's key free.
pub(super) fn refused(order: &ProductOrder, rejected: Rejected, now: OffsetDateTime) -> Next {
    Next {
        status: Status::Refused,
        is_released: says_nothing(&rejected),
        refusal: Some(rejected),
        due_at: None,
        ..Next::of(order, now)
    }
}

/// Refused at the door, or asked to slow down: nothing about the request itself.
pub(super) const fn says_nothing(rejected: &Rejected) -> bool {
    matches!(rejected.status, 401 | 403 | 423 | 429)
}

/// Nothing was learnt; again after a while, or when Vipps says.
pub(super) fn later(order: &ProductOrder, rejected: Option<&Rejected>, now: OffsetDateTime) -> Next {
    let asked = rejected
        .and_then(|rejected| rejected.retry_after)
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map_or(Duration::ZERO, Duration::seconds);
    Next {
        tries: order.tries.saturating_add(1),
        due_at: Some(now + back_off(order.tries).max(asked)),
        ..Next::of(order, now)
    }
}

/// Waits until it is known whether Vipps has it, and finds out when nobody else does.
async fn wait_for(app: &App, order: ProductOrder, until: OffsetDateTime) -> Result<ProductOrder, Error> {
    let mut order = order;
    while order.status == Status::Pending {
        let now = app.now();
        if now >= until {
            break;
        }
        app.clock().sleep_until(until.min(now + ELSEWHERE)).await;
        step(app, order.partner, order.environment, order.id).await?;
        let reader = app.store().read(order.partner, order.environment);
        let Some(found) = reader.scope().find_product_order(order.id).await? else {
            return Err(Error::VippsUnavailable {
                retry_after: Duration::SECOND,
            });
        };
        order = found;
    }
    Ok(order)
}
