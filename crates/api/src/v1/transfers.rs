//! Transfers: sales units on their way to the partner.

use app::transfers;
use axum::Json;
use axum::extract::State;

use crate::face::Face;
use crate::problem::Problem;
use crate::request::AtHeld;
use crate::wire;

/// Ask for a sales unit
///
/// For a drafted sales unit whose claim is proven. A proven claim asks by itself; this asks again, after a refusal
/// with a newer proof. The sales unit goes live here when its transfer is done, or at once. Asked for again, it is the
/// same transfer.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/transfers",
    operation_id = "requestTransfer",
    tag = "Sales units",
    security(("partner" = ["merchants:manage"])),
    responses((status = 200, description = "The transfer as it stands.", body = wire::Transfer))
)]
pub(super) async fn request(
    State(face): State<Face>,
    AtHeld { caller, msn }: AtHeld,
) -> Result<Json<wire::Transfer>, Problem> {
    let asked = transfers::request_transfer(&face.app, &caller, &msn).await?;
    Ok(Json(wire::Transfer::new(&msn, &asked)))
}

/// List the transfers of a sales unit
///
/// What was asked for, newest first, and how it stands.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}/transfers",
    operation_id = "listTransfers",
    tag = "Sales units",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "All of them.", body = wire::TransferPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    AtHeld { caller, msn }: AtHeld,
) -> Result<Json<wire::TransferPage>, Problem> {
    let asked = transfers::list_transfers(&face.app, &caller, &msn).await?;
    let data = asked
        .iter()
        .map(|asked| wire::Transfer::new(&msn, asked))
        .collect();
    Ok(Json(wire::TransferPage::new(data, None)))
}
