//! Product orders: placing, deleting, listing and looking at them.

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::lock::Held as _;
use crate::management::order::{Origin, ProductOrder, Status};
use crate::management::state::Earlier;
use crate::management::units::{self, not_found, ok};
use crate::management::{request, units::PRICE_PACKAGES};
use crate::problem::Refusal;
use crate::registry::keys::Owner;
use crate::world::World;

pub(crate) fn place(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let partner = partner(owner)?;
    let key = call
        .header("idempotency-key")
        .filter(|key| is_key(key))
        .ok_or_else(|| Refusal::field("Idempotency-Key", "must be given and match ^[a-zA-Z0-9-]{1,50}$"))?;
    let mut orders = world.management.orders.held();
    match orders.earlier(partner, key, &call.body) {
        // The first answer again, though the order may be gone by now.
        Earlier::Same(id) => return Ok(placed(id)),
        Earlier::Other => {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                "Conflict",
                "The Idempotency-Key was used with another body.",
            ));
        }
        Earlier::None => {}
    }
    let wanted = request::parse(&call.body)?;
    if let Some(package) = wanted.price_package.filter(|id| !is_price_package(*id)) {
        return Err(Refusal::field(
            "pricePackageId",
            &format!("{package} is not one of the partner's price packages"),
        ));
    }
    if units::country_of(&wanted.business_identifier.scheme).is_none() {
        return Err(Refusal::field(
            "businessIdentifier.scheme",
            "must be of NO, DK or FI",
        ));
    }
    let id = orders
        .place(world.seed, partner, Origin::Prefill, wanted, call.at)
        .id;
    orders.remember(partner, key, &call.body, id);
    Ok(placed(id))
}

pub(crate) fn delete(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let partner = partner(owner)?;
    let id = id(call)?;
    let mut orders = world.management.orders.held();
    let order = orders
        .find(id)
        .filter(|order| order.partner == partner)
        .ok_or_else(unknown)?;
    if !order.is_deletable(call.at) {
        let detail = format!(
            "A product order with the status {} cannot be deleted.",
            name(order.status(call.at))
        );
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "Bad Request", &detail));
    }
    orders.list.retain(|order| order.id != id);
    Ok(Answer::empty(StatusCode::OK))
}

pub(crate) fn list(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let partner = partner(owner)?;
    let with_expired = call.query.as_deref().is_some_and(|query| {
        url::form_urlencoded::parse(query.as_bytes())
            .any(|(name, value)| name == "includeExpired" && value.eq_ignore_ascii_case("true"))
    });
    let orders = world.management.orders.held();
    let shown = orders
        .list
        .iter()
        .filter(|order| order.partner == partner)
        .filter(|order| with_expired || order.status(call.at) != Status::Expired);
    Ok(ok(&shown
        .map(|order| details_of(order, call.at))
        .collect::<Vec<_>>()))
}

pub(crate) fn details(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let partner = partner(owner)?;
    let id = id(call)?;
    let mut orders = world.management.orders.held();
    let order = orders
        .find(id)
        .filter(|order| order.partner == partner)
        .ok_or_else(unknown)?;
    Ok(ok(&details_of(order, call.at)))
}

fn placed(id: Uuid) -> Answer {
    let body = json!({ "prefilledOrderId": id, "prefillUrl": ProductOrder::link(id) });
    Answer::json(StatusCode::CREATED, &body)
}

fn details_of(order: &ProductOrder, now: OffsetDateTime) -> Value {
    let mut body = json!({
        "productOrderType": order.origin,
        "productOrderId": order.id,
        "productType": order.product_type,
        "status": order.status(now),
        "businessIdentifier": order.business_identifier,
    });
    if let Some(url) = order.url() {
        body["productOrderUrl"] = json!(url);
    }
    if let Some(unit) = &order.sales_unit {
        body["salesUnit"] = json!(unit);
    }
    body
}

/// Product orders belong to partners.
fn partner(owner: &Owner) -> Result<&str, Refusal> {
    match owner {
        Owner::Partner(id) => Ok(id),
        Owner::SalesUnit(_) | Owner::Management(_) | Owner::Accounting(_) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Not authorized to access product orders",
            "Product orders belong to partners.",
        )),
    }
}

fn id(call: &Call) -> Result<Uuid, Refusal> {
    Uuid::parse_str(call.param("productOrderId"))
        .map_err(|_| Refusal::field("productOrderId", "must be a UUID"))
}

fn unknown() -> Refusal {
    not_found("The product order was not found.")
}

fn is_key(key: &str) -> bool {
    (1..=50).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_price_package(id: Uuid) -> bool {
    PRICE_PACKAGES.iter().any(|package| package.id == id.to_string())
}

fn name(status: Status) -> String {
    json!(status).as_str().unwrap_or_default().to_owned()
}
