//! Customers of partners' merchants, erased on request.

use app::customers;
use app::registry::Partner;
use axum::Json;
use axum::extract::State;

use super::asked::Customer;
use super::at::At;
use super::wire;
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Erase one customer
///
/// On request: all that is kept about them with this partner, in both environments. Facts about money stay.
#[utoipa::path(
    post,
    path = "/admin/v1/partners/{partnerId}/erase-customer",
    operation_id = "eraseCustomer",
    tag = "Partners",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "How much was forgotten.", body = wire::Erasure))
)]
pub(super) async fn erase(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Partner>, Customer>,
) -> Result<Json<wire::Erasure>, Problem> {
    let done = customers::erase(&face.app, &place.by, place.it.id, &asked.0).await?;
    Ok(Json(done.into()))
}
