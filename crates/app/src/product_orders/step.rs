//! One step with an open order by whoever has it: settled while it is pending, looked at afterwards.

use domain::product_order::Status;
use domain::{Environment, PartnerId, ProductOrderId, TraceContext};
use store::product_orders::Next;
use time::{Duration, OffsetDateTime};

use super::create::later;
use super::{Hindrance, ProductOrder, look, settle};
use crate::audit::{self, Actor, Change, Subject as _};
use crate::{App, Error, What};

/// How long an order is left alone that could not be worked on.
const ASIDE: Duration = Duration::HOUR;

/// Takes the order if its time has come, and one step with it. Returns whether it was taken.
pub(crate) async fn step(
    app: &App,
    partner: PartnerId,
    environment: Environment,
    id: ProductOrderId,
) -> Result<bool, Error> {
    let now = app.now();
    let claimed = {
        let tx = app.store().begin(partner, environment).await?;
        let until = now + app.settings().lease;
        let claimed = tx.scope().claim_product_order(id, true, now, until).await?;
        tx.commit().await?;
        claimed
    };
    let Some(order) = claimed else {
        return Ok(false);
    };
    let next = match app
        .wide(partner, environment, None, TraceContext::default())
        .await
    {
        Ok(wide) if order.status == Status::Pending => settle::settle(app, &wide, &order).await?,
        Ok(wide) => look::look(app, &wide, &order).await?,
        Err(Error::ProductOrder(Hindrance::WithoutKeys)) => put_off(&order, app.now()),
        Err(error) => return Err(error),
    };
    save(app, &order, &next, None).await.map(|_| true)
}

/// As it is, in an hour.
pub(super) fn put_off(order: &ProductOrder, now: OffsetDateTime) -> Next {
    Next {
        due_at: Some(now + ASIDE),
        ..Next::of(order, now)
    }
}

/// Makes room for the others: one that cannot be worked on would be the first of every round.
pub(crate) async fn set_aside(app: &App, partner: PartnerId, environment: Environment, id: ProductOrderId) {
    let now = app.now();
    let work = async {
        let tx = app.store().begin(partner, environment).await?;
        tx.scope().set_product_order_aside(id, now, now + ASIDE).await?;
        tx.commit().await
    };
    if let Err(error) = work.await {
        tracing::error!(
            product_order.id = %id,
            error = &error as &dyn std::error::Error,
            "a product order could not be set aside"
        );
    }
}

/// Writes down what became of it, with who wanted it so if anybody did. Whoever was too slow has written nothing:
/// the order is given back as somebody else left it.
pub(super) async fn save(
    app: &App,
    order: &ProductOrder,
    next: &Next,
    act: Option<(&Actor, &'static str)>,
) -> Result<ProductOrder, Error> {
    let work = async {
        let tx = app.store().begin(order.partner, order.environment).await?;
        let scope = tx.scope();
        scope.save_product_order(order, next).await?;
        let saved = scope.find_product_order(order.id).await?;
        if let (Some((by, verb)), Some(saved)) = (act, &saved) {
            let change = Change::of(saved, verb, order.facts(), saved.facts());
            audit::own(app, &tx, by, &change).await?;
        }
        tx.commit().await?;
        Ok(saved)
    };
    let saved = match work.await {
        Ok(saved) => saved,
        Err(store::Error::Stale) => {
            let reader = app.store().read(order.partner, order.environment);
            reader.scope().find_product_order(order.id).await?
        }
        // Vipps has given an order that stands in the books already: that answer cannot be believed.
        Err(store::Error::Duplicate(rule)) if next.vipps_id != order.vipps_id => {
            tracing::error!(rule, product_order.id = %order.id, "Vipps named an order that is another one's");
            return Box::pin(save(app, order, &later(order, None, app.now()), None)).await;
        }
        Err(error) => return Err(error.into()),
    };
    saved.ok_or(Error::NotFound(What::ProductOrder))
}
