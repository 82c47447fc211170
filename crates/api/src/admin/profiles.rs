//! Product profiles: how partners' products name themselves to Vipps.

use app::registry::{Profile, profiles};
use axum::Json;
use axum::extract::State;
use domain::ProfileId;
use http::StatusCode;

use super::asked::{NewProduct, NewProfile};
use super::at::At;
use super::by::By;
use super::query::{Query, Whose};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Add a product profile
///
/// The four values with which one product of a partner names itself to Vipps in every call.
#[utoipa::path(
    post,
    path = "/admin/v1/profiles",
    operation_id = "addProfile",
    tag = "Profiles",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "It is there.", body = wire::Profile))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewProfile>,
) -> Result<Created<wire::Profile>, Problem> {
    let added = profiles::add(&face.app, &by, asked.0).await?;
    Ok(created(&format!("/admin/v1/profiles/{}", added.id), added.into()))
}

/// List profiles
///
/// Of one partner, or of all; oldest first.
#[utoipa::path(
    get,
    path = "/admin/v1/profiles",
    operation_id = "listProfiles",
    tag = "Profiles",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::ProfilePage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Whose<ProfileId>>,
) -> Result<Json<wire::ProfilePage>, Problem> {
    let (page, next) = profiles::page(&face.app, asked.partner, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::Profile::from).collect();
    Ok(Json(wire::ProfilePage::new(data, next.map(|id| id.to_string()))))
}

/// Read a product profile
///
/// By its id.
#[utoipa::path(
    get,
    path = "/admin/v1/profiles/{profileId}",
    operation_id = "showProfile",
    tag = "Profiles",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::Profile))
)]
pub(super) async fn show(At { it, .. }: At<Profile>) -> Json<wire::Profile> {
    Json(it.into())
}

/// Give a profile the values of a new release
///
/// Calls name themselves by them within two seconds.
#[utoipa::path(
    put,
    path = "/admin/v1/profiles/{profileId}",
    operation_id = "putProfile",
    tag = "Profiles",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Profile))
)]
pub(super) async fn put(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Profile>, NewProduct>,
) -> Result<Json<wire::Profile>, Problem> {
    let changed = profiles::set(&face.app, &place.by, place.it.id, asked.0).await?;
    Ok(Json(changed.into()))
}

/// Remove a product profile
///
/// Only one that no sales unit and no client uses.
#[utoipa::path(
    delete,
    path = "/admin/v1/profiles/{profileId}",
    operation_id = "removeProfile",
    tag = "Profiles",
    security(("operator" = ["owner"])),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(State(face): State<Face>, place: At<Profile>) -> Result<StatusCode, Problem> {
    profiles::remove(&face.app, &place.by, place.it.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
