//! Sales units: how far each has come, whose keys serve it, and how Vipps takes them.

use app::onboarding::{self, NewKeys};
use axum::Json;
use axum::extract::State;

use crate::asked::NewMode;
use crate::face::Face;
use crate::problem::Problem;
use crate::request::{AtHeld, AtSeen, Believed, Sent};
use crate::wire;

/// List sales units
///
/// All that the token may use, in its environment, drafts included.
#[utoipa::path(
    get,
    path = "/v1/sales-units",
    operation_id = "listSalesUnits",
    tag = "Sales units",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "All of them.", body = wire::SalesUnitPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Believed(caller): Believed,
) -> Result<Json<wire::SalesUnitPage>, Problem> {
    let units = face.app.held_units(&caller).await?;
    let data = units.into_iter().map(wire::SalesUnit::from).collect();
    Ok(Json(wire::SalesUnitPage::new(data, None)))
}

/// Read a sales unit
///
/// How far it has come and why, whose keys serve it, and whether Vipps accepts them; if not, what to do.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}",
    operation_id = "getSalesUnit",
    tag = "Sales units",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "The sales unit.", body = wire::SalesUnit))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AtSeen { caller, msn }: AtSeen,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let unit = face.app.held_unit(&caller, &msn).await?;
    Ok(Json(unit.into()))
}

/// Put a sales unit's keys
///
/// Its own keys from Vipps' portal. They are tried at Vipps at once: a token call, the sales unit's webhooks, and a
/// read. Good keys are sealed and put to use in place of the ones before; they prove that the sales unit is the
/// merchant's, and a draft goes live with them. Keys that Vipps refuses are not kept, and those in use go on. No
/// answer ever shows a key.
#[utoipa::path(
    put,
    path = "/v1/sales-units/{msn}/credentials",
    operation_id = "putCredentials",
    tag = "Sales units",
    security(("partner" = ["merchants:manage"])),
    responses((status = 200, description = "The sales unit with its new keys.", body = wire::SalesUnit))
)]
pub(super) async fn put_credentials(
    State(face): State<Face>,
    sent: Sent<AtHeld, NewKeys>,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let AtHeld { caller, msn } = sent.place;
    let unit = onboarding::put_credentials(&face.app, &caller, &msn, sent.forwarded.facts).await?;
    Ok(Json(unit.into()))
}

/// Change the credential mode
///
/// Whose keys serve the sales unit: its `own`, the `partner`'s, or the operator's (`platform`). The change is made
/// when Vipps has shown that the new ones reach the sales unit; until then the ones before go on.
#[utoipa::path(
    put,
    path = "/v1/sales-units/{msn}/credential-mode",
    operation_id = "putCredentialMode",
    tag = "Sales units",
    security(("partner" = ["merchants:manage"])),
    responses((status = 200, description = "The sales unit in its new mode.", body = wire::SalesUnit))
)]
pub(super) async fn put_credential_mode(
    State(face): State<Face>,
    sent: Sent<AtHeld, NewMode>,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let AtHeld { caller, msn } = sent.place;
    let NewMode(mode) = sent.forwarded.facts;
    let unit = onboarding::put_credential_mode(&face.app, &caller, &msn, mode).await?;
    Ok(Json(unit.into()))
}

/// Probe a sales unit
///
/// Asks Vipps now how it takes the keys that serve the sales unit, without moving money. A draft whose claim this
/// proves goes live when nothing else is missing; a disconnected unit that is well again is used at once.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/probe",
    operation_id = "probeSalesUnit",
    tag = "Sales units",
    security(("partner" = ["merchants:manage"])),
    responses((status = 200, description = "The sales unit and what was found.", body = wire::SalesUnit))
)]
pub(super) async fn probe(
    State(face): State<Face>,
    AtHeld { caller, msn }: AtHeld,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let unit = onboarding::probe(&face.app, &caller, &msn).await?;
    Ok(Json(unit.into()))
}
