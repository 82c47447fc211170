//! Product orders: a new sales unit for a merchant, prefilled by the partner and signed by the merchant.

use app::Error;
use app::product_orders::{self, Create, Placed};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ProductOrderId;
use domain::product_order::{Facts, Status};
use http::StatusCode;
use http::header::LOCATION;

use super::answer::marked;
use crate::face::Face;
use crate::problem::{Code, Problem};
use crate::request::{AtProductOrder, Keyed, Paged};
use crate::wire;

/// Order a product
///
/// Prefills Vipps' form for a new sales unit of a merchant of yours, which `businessIdentifier` names. The body is
/// Vipps' own and goes on byte for byte, under the partner's own keys (production only). Send the merchant to
/// `prefillUrl`; once signed and completed, the sales unit is drafted here and its claim proven. `202`: whether Vipps
/// has it is not known yet; the same key asked again tells.
#[utoipa::path(
    post,
    path = "/v1/product-orders",
    operation_id = "createProductOrder",
    tag = "Merchants",
    security(("partner" = ["merchants:manage"])),
    responses(
        (status = 201, description = "Vipps has the order.", body = wire::ProductOrder),
        (status = 202, description = "The result is not known yet.", body = wire::ProductOrder),
    )
)]
pub(super) async fn create(
    State(face): State<Face>,
    Keyed {
        caller,
        key,
        forwarded,
        wait,
    }: Keyed<Facts>,
) -> Result<Response, Problem> {
    let create = Create { key, forwarded, wait };
    let Placed { order, replayed } = product_orders::create(&face.app, &caller, create).await?;
    let response = match (order.status, &order.refusal) {
        (Status::Refused, Some(rejected)) => Problem::of_order(rejected).into_response(),
        (Status::Refused, None) => Problem::new(Code::INTERNAL).into_response(),
        (Status::NotCreated, _) => Problem::new(Code::PRODUCT_ORDER_NOT_CREATED).into_response(),
        (Status::Pending, _) => told(StatusCode::ACCEPTED, order),
        // However far it has come since.
        (
            Status::Received
            | Status::MerchantViewed
            | Status::OrderSubmitted
            | Status::Completed
            | Status::Rejected
            | Status::Expired
            | Status::Deleted,
            _,
        ) => told(StatusCode::CREATED, order),
    };
    Ok(marked(response, replayed))
}

fn told(status: StatusCode, order: product_orders::ProductOrder) -> Response {
    let location = format!("/v1/product-orders/{}", order.id);
    (
        status,
        [(LOCATION, location)],
        Json(wire::ProductOrder::from(order)),
    )
        .into_response()
}

/// List product orders
///
/// The partner's orders in the token's environment, newest first. A narrowed token sees those that came to be one of
/// its sales units.
#[utoipa::path(
    get,
    path = "/v1/product-orders",
    operation_id = "listProductOrders",
    tag = "Merchants",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "One page.", body = wire::ProductOrderPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Paged { caller, after, limit }: Paged<ProductOrderId>,
) -> Result<Json<wire::ProductOrderPage>, Problem> {
    let (page, next) = product_orders::list(&face.app, &caller, after, limit).await?;
    let data = page.into_iter().map(wire::ProductOrder::from).collect();
    Ok(Json(wire::ProductOrderPage::new(
        data,
        next.map(|id| id.to_string()),
    )))
}

/// Read a product order
///
/// How far it has come, as Vipps said last (`checkedAt`): Vipps is asked every minute at first, and less often with
/// the order's age.
#[utoipa::path(
    get,
    path = "/v1/product-orders/{productOrderId}",
    operation_id = "getProductOrder",
    tag = "Merchants",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "The product order.", body = wire::ProductOrder))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AtProductOrder { caller, id }: AtProductOrder,
) -> Result<Json<wire::ProductOrder>, Problem> {
    let order = product_orders::get(&face.app, &caller, id).await?;
    Ok(Json(order.into()))
}

/// Delete a product order
///
/// Takes an order back at Vipps, as long as its merchant has not signed. The link stops working. One that is deleted
/// already is answered the same.
#[utoipa::path(
    delete,
    path = "/v1/product-orders/{productOrderId}",
    operation_id = "deleteProductOrder",
    tag = "Merchants",
    security(("partner" = ["merchants:manage"])),
    responses((status = 200, description = "The deleted product order.", body = wire::ProductOrder))
)]
pub(super) async fn delete(
    State(face): State<Face>,
    AtProductOrder { caller, id }: AtProductOrder,
) -> Result<Json<wire::ProductOrder>, Problem> {
    match product_orders::delete(&face.app, &caller, id).await {
        Ok(order) => Ok(Json(order.into())),
        Err(Error::Vipps(rejected)) => Err(Problem::of_order(&rejected)),
        Err(error) => Err(error.into()),
    }
}
