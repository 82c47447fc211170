//! Sales units on their way from one partner to another.

use app::transfers::{self, Transfer, TransferFilter};
use axum::Json;
use axum::extract::State;
use domain::TransferId;

use super::asked::Because;
use super::at::At;
use super::query::{Filter, Pairs, Query};
use super::wire;
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// List transfers
///
/// The oldest first: those a partner asked for and those of units it holds. Without `all` only those that are under way.
#[utoipa::path(
    get,
    path = "/admin/v1/transfers",
    operation_id = "listTransfers",
    tag = "Transfers",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::TransferPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(Which { filter, after, limit }): Query<Which>,
) -> Result<Json<wire::TransferPage>, Problem> {
    let (page, next) = transfers::page(&face.app, filter, after, limit).await?;
    let data = page.into_iter().map(wire::Transfer::from).collect();
    Ok(Json(wire::TransferPage::new(data, next.map(|id| id.to_string()))))
}

/// Read a transfer
///
/// Under way or over, with both partners: neither of them is ever told of the other.
#[utoipa::path(
    get,
    path = "/admin/v1/transfers/{transferId}",
    operation_id = "showTransfer",
    tag = "Transfers",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::Transfer))
)]
pub(super) async fn show(At { it, .. }: At<Transfer>) -> Json<wire::Transfer> {
    Json(it.into())
}

/// Force a transfer
///
/// Ends the time to settle now, and decides for whoever asks. What may still be under way is waited for, and what stays
/// unknown is frozen. The reason stands in the audit of both partners: name neither to the other.
#[utoipa::path(
    post,
    path = "/admin/v1/transfers/{transferId}/force",
    operation_id = "forceTransfer",
    tag = "Transfers",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Transfer))
)]
pub(super) async fn force(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Transfer>, Because>,
) -> Result<Json<wire::Transfer>, Problem> {
    let by = place.by.because(&asked.0);
    let forced = transfers::force(&face.app, &by, place.it.id).await?;
    Ok(Json(forced.into()))
}

/// Refuse a transfer
///
/// The holder goes on as before, and only a newer proof asks again. The reason stands in the audit of both partners:
/// name neither to the other.
#[utoipa::path(
    post,
    path = "/admin/v1/transfers/{transferId}/refuse",
    operation_id = "refuseTransfer",
    tag = "Transfers",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Transfer))
)]
pub(super) async fn refuse(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Transfer>, Because>,
) -> Result<Json<wire::Transfer>, Problem> {
    let by = place.by.because(&asked.0);
    let refused = transfers::refuse(&face.app, &by, place.it.id).await?;
    Ok(Json(refused.into()))
}

/// Which of them.
#[derive(Debug)]
pub(super) struct Which {
    filter: TransferFilter,
    after: Option<TransferId>,
    limit: u32,
}

impl Filter for Which {
    const NAMES: &'static [&'static str] = &["partnerId", "all", "limit", "cursor"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        Ok(Self {
            filter: TransferFilter {
                partner: query.partner(),
                is_open: !query.parsed("all", "must be true or false").unwrap_or(false),
            },
            after: query.cursor()?,
            limit: query.limit(),
        })
    }
}
