//! Reading orders from the books: the job keeps them as new as Vipps' limits allow.

use domain::{PartnerId, ProductOrderId};

use super::{FoundProductOrder, ProductOrder};
use crate::registry::cut;
use crate::{App, Caller, Error, Scope, What};

/// One order of the caller's.
///
/// # Errors
/// `NotFound(ProductOrder)`, also for one that a narrowed token does not reach.
pub async fn get(app: &App, caller: &Caller, id: ProductOrderId) -> Result<ProductOrder, Error> {
    caller.demand(Scope::MerchantsRead)?;
    own(app, caller, id).await
}

/// One page of the caller's orders, the newest first, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(
    app: &App,
    caller: &Caller,
    before: Option<ProductOrderId>,
    limit: u32,
) -> Result<(Vec<ProductOrder>, Option<ProductOrderId>), Error> {
    caller.demand(Scope::MerchantsRead)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let reader = app.store().read(caller.partner, caller.environment);
    let mut page = Vec::new();
    let mut before = before;
    loop {
        let read = reader
            .scope()
            .list_product_orders(before, u64::from(limit) + 1)
            .await?;
        let is_last = read.len() <= most;
        before = read.last().map(|order| order.id);
        page.extend(read.into_iter().filter(|order| is_reached(caller, order)));
        if is_last || page.len() > most {
            break;
        }
    }
    let more = page.len() > most;
    page.truncate(most);
    let next = page.last().filter(|_| more).map(|order| order.id);
    Ok((page, next))
}

pub(super) async fn own(app: &App, caller: &Caller, id: ProductOrderId) -> Result<ProductOrder, Error> {
    let reader = app.store().read(caller.partner, caller.environment);
    let found = reader.scope().find_product_order(id).await?;
    found
        .filter(|order| is_reached(caller, order))
        .ok_or(Error::NotFound(What::ProductOrder))
}

/// An order is the partner's; a token that is narrowed to some sales units reaches those that came to be one of them.
fn is_reached(caller: &Caller, order: &ProductOrder) -> bool {
    caller.units.is_none() || order.msn.as_ref().is_some_and(|msn| caller.reaches(msn))
}

/// One page of the orders of one partner, or of all, the newest first, for the operator: those behind the order
/// `before`, and where the next page begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page_all(
    app: &App,
    partner: Option<PartnerId>,
    before: Option<ProductOrderId>,
    limit: u32,
) -> Result<(Vec<FoundProductOrder>, Option<ProductOrderId>), Error> {
    let reader = app.store().read_system("product order page");
    let found = reader
        .system()
        .list_product_orders(partner, before, u64::from(limit) + 1)
        .await?;
    Ok(cut(found, limit, |order| order.id))
}

/// One order, for the operator.
///
/// # Errors
/// `NotFound(ProductOrder)`.
pub async fn find(app: &App, id: ProductOrderId) -> Result<FoundProductOrder, Error> {
    let reader = app.store().read_system("product order show");
    let found = reader.system().find_product_order(id).await?;
    found.ok_or(Error::NotFound(What::ProductOrder))
}
