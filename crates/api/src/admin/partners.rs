//! Partners: the tenants.

use app::registry::{Partner, partners, retention};
use axum::Json;
use axum::extract::State;
use domain::{Environment, PartnerId};
use http::StatusCode;

use super::asked::{NewDays, NewPartner, PartnerChanges};
use super::at::At;
use super::by::By;
use super::query::{All, Query};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Add a partner
///
/// It is active at once, and nobody can use it before it has an issuer or a client.
#[utoipa::path(
    post,
    path = "/admin/v1/partners",
    operation_id = "addPartner",
    tag = "Partners",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "The partner.", body = wire::Partner))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewPartner>,
) -> Result<Created<wire::Partner>, Problem> {
    let added = partners::add(&face.app, &by, &asked.0).await?;
    Ok(created(&format!("/admin/v1/partners/{}", added.id), added.into()))
}

/// List partners
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/admin/v1/partners",
    operation_id = "listPartners",
    tag = "Partners",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::PartnerPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(All { after, limit }): Query<All<PartnerId>>,
) -> Result<Json<wire::PartnerPage>, Problem> {
    let (page, next) = partners::page(&face.app, after, limit).await?;
    let data = page.into_iter().map(wire::Partner::from).collect();
    Ok(Json(wire::PartnerPage::new(data, next.map(|id| id.to_string()))))
}

/// Read a partner
///
/// By its id.
#[utoipa::path(
    get,
    path = "/admin/v1/partners/{partnerId}",
    operation_id = "showPartner",
    tag = "Partners",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "The partner.", body = wire::Partner))
)]
pub(super) async fn show(At { it, .. }: At<Partner>) -> Json<wire::Partner> {
    Json(it.into())
}

/// Rename, suspend or reactivate a partner
///
/// While it is suspended every token of the partner is refused: here at once, elsewhere within two seconds. Money
/// that is on its way is settled all the same.
#[utoipa::path(
    patch,
    path = "/admin/v1/partners/{partnerId}",
    operation_id = "setPartner",
    tag = "Partners",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "The partner as it is now.", body = wire::Partner))
)]
pub(super) async fn set(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Partner>, PartnerChanges>,
) -> Result<Json<wire::Partner>, Problem> {
    let changed = partners::set(&face.app, &place.by, place.it.id, asked.0).await?;
    Ok(Json(changed.into()))
}

/// Remove a partner
///
/// Only one that nothing belongs to; any other is suspended instead. Its audit stays.
#[utoipa::path(
    delete,
    path = "/admin/v1/partners/{partnerId}",
    operation_id = "removePartner",
    tag = "Partners",
    security(("operator" = ["owner"])),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(State(face): State<Face>, place: At<Partner>) -> Result<StatusCode, Problem> {
    partners::remove(&face.app, &place.by, place.it.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read a partner's retention
///
/// How long bodies of requests, answers and receipts are kept, in both environments.
#[utoipa::path(
    get,
    path = "/admin/v1/partners/{partnerId}/retention",
    operation_id = "showRetention",
    tag = "Partners",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "The days.", body = wire::Retention))
)]
pub(super) async fn show_retention(
    State(face): State<Face>,
    place: At<Partner>,
) -> Result<Json<wire::Retention>, Problem> {
    retained(&face, place.it.id).await
}

/// Set a partner's retention
///
/// In both environments. It acts with the next daily round. Facts about money stay.
#[utoipa::path(
    put,
    path = "/admin/v1/partners/{partnerId}/retention",
    operation_id = "putRetention",
    tag = "Partners",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "The days that hold now.", body = wire::Retention))
)]
pub(super) async fn put_retention(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Partner>, NewDays>,
) -> Result<Json<wire::Retention>, Problem> {
    let NewDays(days) = asked;
    retention::set(&face.app, &place.by, place.it.id, days).await?;
    retained(&face, place.it.id).await
}

async fn retained(face: &Face, partner: PartnerId) -> Result<Json<wire::Retention>, Problem> {
    // Both environments have the same.
    let days = retention::days(&face.app, partner, Environment::Production).await?;
    Ok(Json(wire::Retention::new(days)))
}
