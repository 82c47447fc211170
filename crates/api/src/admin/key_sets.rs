//! Key sets: keys at Vipps, which go in and never come out.

use app::registry::StoredKeySet;
use app::registry::key_sets::{self, Filter as Which};
use axum::Json;
use axum::extract::State;
use domain::KeySetId;
use http::StatusCode;

use super::asked::NewKeySet;
use super::at::At;
use super::by::By;
use super::query::{Filter, Pairs, Query};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Put keys at Vipps to use
///
/// Of a sales unit, of a partner (production only), of the platform, or for reports. They are sealed, proven with a token
/// call and put to use in place of the ones before; until then these go on. No answer ever shows a key.
#[utoipa::path(
    post,
    path = "/admin/v1/key-sets",
    operation_id = "addKeySet",
    tag = "Key sets",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "The key set, without the keys.", body = wire::KeySet))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewKeySet>,
) -> Result<Created<wire::KeySet>, Problem> {
    let NewKeySet { owner, keys } = asked;
    let added = key_sets::add_of(&face.app, &by, owner, keys).await?;
    Ok(created(&format!("/admin/v1/key-sets/{}", added.id), added.into()))
}

/// List key sets
///
/// Of one partner or one sales unit, or all; oldest first.
#[utoipa::path(
    get,
    path = "/admin/v1/key-sets",
    operation_id = "listKeySets",
    tag = "Key sets",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::KeySetPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Keys>,
) -> Result<Json<wire::KeySetPage>, Problem> {
    let (page, next) = key_sets::page(&face.app, asked.filter, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::KeySet::from).collect();
    Ok(Json(wire::KeySetPage::new(data, next.map(|id| id.to_string()))))
}

/// Read a key set
///
/// By its id.
#[utoipa::path(
    get,
    path = "/admin/v1/key-sets/{keySetId}",
    operation_id = "showKeySet",
    tag = "Key sets",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::KeySet))
)]
pub(super) async fn show(At { it, .. }: At<StoredKeySet>) -> Json<wire::KeySet> {
    Json(it.into())
}

/// Prove a key set
///
/// Keys that could not be proven when they came are tried again, and put to use.
#[utoipa::path(
    post,
    path = "/admin/v1/key-sets/{keySetId}/prove",
    operation_id = "proveKeySet",
    tag = "Key sets",
    security(("operator" = ["support"])),
    responses((status = 200, description = "As it is now.", body = wire::KeySet))
)]
pub(super) async fn prove(
    State(face): State<Face>,
    place: At<StoredKeySet>,
) -> Result<Json<wire::KeySet>, Problem> {
    let changed = key_sets::prove(&face.app, &place.by, place.it.id).await?;
    Ok(Json(changed.into()))
}

/// Remove a key set
///
/// What it served is without keys until others come.
#[utoipa::path(
    delete,
    path = "/admin/v1/key-sets/{keySetId}",
    operation_id = "removeKeySet",
    tag = "Key sets",
    security(("operator" = ["owner"])),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(State(face): State<Face>, place: At<StoredKeySet>) -> Result<StatusCode, Problem> {
    key_sets::remove(&face.app, &place.by, place.it.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which key sets, and which page of them.
#[derive(Debug)]
pub(super) struct Keys {
    filter: Which,
    after: Option<KeySetId>,
    limit: u32,
}

impl Filter for Keys {
    const NAMES: &'static [&'static str] = &["partnerId", "salesUnitId", "limit", "cursor"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        Ok(Self {
            filter: Which {
                partner: query.partner(),
                assignment: query.parsed("salesUnitId", "must be a sales unit's id, such as asg_0190…"),
            },
            after: query.cursor()?,
            limit: query.limit(),
        })
    }
}
