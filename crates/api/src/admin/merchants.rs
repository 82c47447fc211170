//! Merchants: the businesses that are paid.

use app::registry::{Merchant, merchants};
use axum::Json;
use axum::extract::State;
use domain::MerchantId;
use http::StatusCode;

use super::asked::{NewMerchant, NewName};
use super::at::At;
use super::by::By;
use super::query::{Query, Whose};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Add a merchant
///
/// A business that is paid, for one partner in one environment. Partners do this themselves with `POST /v1/merchants`.
#[utoipa::path(
    post,
    path = "/admin/v1/merchants",
    operation_id = "addMerchant",
    tag = "Merchants",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "It is there.", body = wire::Merchant))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewMerchant>,
) -> Result<Created<wire::Merchant>, Problem> {
    let added = merchants::add(&face.app, &by, asked.0).await?;
    Ok(created(
        &format!("/admin/v1/merchants/{}", added.id),
        added.into(),
    ))
}

/// List merchants
///
/// Of one partner, or of all; oldest first.
#[utoipa::path(
    get,
    path = "/admin/v1/merchants",
    operation_id = "listMerchants",
    tag = "Merchants",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::MerchantPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Whose<MerchantId>>,
) -> Result<Json<wire::MerchantPage>, Problem> {
    let (page, next) = merchants::page(&face.app, asked.partner, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::Merchant::from).collect();
    Ok(Json(wire::MerchantPage::new(data, next.map(|id| id.to_string()))))
}

/// Read a merchant
///
/// By its id.
#[utoipa::path(
    get,
    path = "/admin/v1/merchants/{merchantId}",
    operation_id = "showMerchant",
    tag = "Merchants",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::Merchant))
)]
pub(super) async fn show(At { it, .. }: At<Merchant>) -> Json<wire::Merchant> {
    Json(it.into())
}

/// Rename a merchant
///
/// Nothing else of it changes.
#[utoipa::path(
    patch,
    path = "/admin/v1/merchants/{merchantId}",
    operation_id = "renameMerchant",
    tag = "Merchants",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Merchant))
)]
pub(super) async fn rename(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Merchant>, NewName>,
) -> Result<Json<wire::Merchant>, Problem> {
    let changed = merchants::rename(&face.app, &place.by, place.it.id, &asked.0).await?;
    Ok(Json(changed.into()))
}

/// Remove a merchant
///
/// Only one that no sales unit was ever assigned to.
#[utoipa::path(
    delete,
    path = "/admin/v1/merchants/{merchantId}",
    operation_id = "removeMerchant",
    tag = "Merchants",
    security(("operator" = ["owner"])),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(State(face): State<Face>, place: At<Merchant>) -> Result<StatusCode, Problem> {
    merchants::remove(&face.app, &place.by, place.it.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
