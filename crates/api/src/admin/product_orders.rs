//! What partners have ordered at Vipps for their merchants.

use app::product_orders::{self, FoundProductOrder};
use axum::Json;
use axum::extract::State;
use domain::ProductOrderId;

use super::at::At;
use super::query::{Query, Whose};
use super::wire;
use crate::face::Face;
use crate::problem::Problem;

/// List product orders
///
/// Of one partner, or of all; newest first, ended ones included.
#[utoipa::path(
    get,
    path = "/admin/v1/product-orders",
    operation_id = "listProductOrders",
    tag = "Product orders",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::ProductOrderPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Whose<ProductOrderId>>,
) -> Result<Json<wire::ProductOrderPage>, Problem> {
    let (page, next) = product_orders::page_all(&face.app, asked.partner, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::ProductOrder::from).collect();
    Ok(Json(wire::ProductOrderPage::new(
        data,
        next.map(|id| id.to_string()),
    )))
}

/// Read a product order
///
/// Neither its form nor its link: they are the partner's and its merchant's.
#[utoipa::path(
    get,
    path = "/admin/v1/product-orders/{productOrderId}",
    operation_id = "showProductOrder",
    tag = "Product orders",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::ProductOrder))
)]
pub(super) async fn show(At { it, .. }: At<FoundProductOrder>) -> Json<wire::ProductOrder> {
    Json(it.into())
}
