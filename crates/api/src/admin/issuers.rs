//! Issuers: who may sign tokens for a partner.

use app::registry::{Issuer, Standing, issuers};
use axum::Json;
use axum::extract::State;
use domain::IssuerId;
use http::StatusCode;

use super::asked::{IssuerChanges, NewIssuer};
use super::at::At;
use super::by::By;
use super::query::{Query, Whose};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Register an issuer
///
/// Whose tokens are believed, for one partner in one environment. The pair of `iss` and `aud` is unique in the gateway.
#[utoipa::path(
    post,
    path = "/admin/v1/issuers",
    operation_id = "addIssuer",
    tag = "Issuers",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "It is there.", body = wire::Issuer))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewIssuer>,
) -> Result<Created<wire::Issuer>, Problem> {
    let added = issuers::add(&face.app, &by, asked.0).await?;
    Ok(created(&format!("/admin/v1/issuers/{}", added.id), added.into()))
}

/// List issuers
///
/// Of one partner, or of all; oldest first.
#[utoipa::path(
    get,
    path = "/admin/v1/issuers",
    operation_id = "listIssuers",
    tag = "Issuers",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::IssuerPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Whose<IssuerId>>,
) -> Result<Json<wire::IssuerPage>, Problem> {
    let (page, next) = issuers::page(&face.app, asked.partner, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::Issuer::from).collect();
    Ok(Json(wire::IssuerPage::new(data, next.map(|id| id.to_string()))))
}

/// Read an issuer
///
/// By its id.
#[utoipa::path(
    get,
    path = "/admin/v1/issuers/{issuerId}",
    operation_id = "showIssuer",
    tag = "Issuers",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::Issuer))
)]
pub(super) async fn show(At { it, .. }: At<Issuer>) -> Json<wire::Issuer> {
    Json(it.into())
}

/// Change an issuer
///
/// Its keys, or what its tokens may be good for at most. What is not named stays; its names, partner and environment
/// always do.
#[utoipa::path(
    patch,
    path = "/admin/v1/issuers/{issuerId}",
    operation_id = "setIssuer",
    tag = "Issuers",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Issuer))
)]
pub(super) async fn set(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Issuer>, IssuerChanges>,
) -> Result<Json<wire::Issuer>, Problem> {
    let changed = issuers::set(&face.app, &place.by, place.it.id, asked.0).await?;
    Ok(Json(changed.into()))
}

/// Suspend an issuer
///
/// Its tokens are refused until it is activated again: here at once, elsewhere within two seconds.
#[utoipa::path(
    post,
    path = "/admin/v1/issuers/{issuerId}/suspend",
    operation_id = "suspendIssuer",
    tag = "Issuers",
    security(("operator" = ["support"])),
    responses((status = 200, description = "As it is now.", body = wire::Issuer))
)]
pub(super) async fn suspend(
    State(face): State<Face>,
    place: At<Issuer>,
) -> Result<Json<wire::Issuer>, Problem> {
    let changed = issuers::stand(&face.app, &place.by, place.it.id, Standing::Suspended).await?;
    Ok(Json(changed.into()))
}

/// Activate an issuer
///
/// Its tokens are believed again.
#[utoipa::path(
    post,
    path = "/admin/v1/issuers/{issuerId}/activate",
    operation_id = "activateIssuer",
    tag = "Issuers",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Issuer))
)]
pub(super) async fn activate(
    State(face): State<Face>,
    place: At<Issuer>,
) -> Result<Json<wire::Issuer>, Problem> {
    let changed = issuers::stand(&face.app, &place.by, place.it.id, Standing::Active).await?;
    Ok(Json(changed.into()))
}

/// Remove an issuer
///
/// Its tokens are refused from now on.
#[utoipa::path(
    delete,
    path = "/admin/v1/issuers/{issuerId}",
    operation_id = "removeIssuer",
    tag = "Issuers",
    security(("operator" = ["owner"])),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(State(face): State<Face>, place: At<Issuer>) -> Result<StatusCode, Problem> {
    issuers::remove(&face.app, &place.by, place.it.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
