//! Operations: what became of one attempt.

use axum::Json;
use axum::extract::State;

use crate::face::Face;
use crate::problem::Problem;
use crate::request::AtOperation;
use crate::wire;

/// Read an operation
///
/// What became of one create, capture, refund or cancel. A refused one is a success here: it was found.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}/payments/{reference}/operations/{operationId}",
    operation_id = "getOperation",
    tag = "Payments",
    security(("partner" = ["payments:read"])),
    responses((status = 200, description = "The operation.", body = wire::Operation))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AtOperation {
        caller,
        msn,
        reference,
        id,
    }: AtOperation,
) -> Result<Json<wire::Operation>, Problem> {
    let found = app::operations::get(&face.app, &caller, &msn, &reference, id).await?;
    Ok(Json(wire::Operation::new(&found.operation, found.payment)))
}
