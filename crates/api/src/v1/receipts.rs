//! Receipts: put, and looked after.

use app::receipts::{self, Put};
use axum::Json;
use axum::extract::State;
use domain::ReceiptFacts;
use http::StatusCode;

use crate::face::Face;
use crate::problem::Problem;
use crate::request::{AtPayment, Sent};
use crate::wire;

/// Put a receipt
///
/// Stores the order lines, and sends them to Vipps as often as it takes. A receipt is written once: the
/// same one may be put again, another one is refused. It never delays or fails the sale.
#[utoipa::path(
    put,
    path = "/v1/sales-units/{msn}/payments/{reference}/receipt",
    operation_id = "putReceipt",
    tag = "Receipts",
    security(("partner" = ["receipts:write"])),
    responses((status = 202, description = "The receipt is stored and goes out.", body = wire::Receipt))
)]
pub(super) async fn put(
    State(face): State<Face>,
    sent: Sent<AtPayment, ReceiptFacts>,
) -> Result<(StatusCode, Json<wire::Receipt>), Problem> {
    let AtPayment {
        caller,
        msn,
        reference,
    } = sent.place;
    let put = Put {
        msn,
        reference,
        forwarded: sent.forwarded,
    };
    let receipt = receipts::put(&face.app, &caller, put).await?;
    Ok((StatusCode::ACCEPTED, Json(receipt.into())))
}

/// Read a receipt
///
/// How far the receipt has come: queued, sent, or refused or abandoned and why.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}/payments/{reference}/receipt",
    operation_id = "getReceipt",
    tag = "Receipts",
    security(("partner" = ["receipts:read"])),
    responses((status = 200, description = "The receipt.", body = wire::Receipt))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AtPayment {
        caller,
        msn,
        reference,
    }: AtPayment,
) -> Result<Json<wire::Receipt>, Problem> {
    let receipt = receipts::get(&face.app, &caller, &msn, &reference).await?;
    Ok(Json(receipt.into()))
}
