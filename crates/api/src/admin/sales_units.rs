//! Sales units, and which partner holds them.

use app::onboarding;
use app::registry::{Assignment, sales_units};
use axum::Json;
use axum::extract::State;
use domain::AssignmentId;

use super::asked::{Because, NewUnit, UnitChanges};
use super::at::At;
use super::by::By;
use super::query::{Query, Whose};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Assign a sales unit
///
/// To a partner, as a draft that reserves nothing; the state `live` makes it real.
#[utoipa::path(
    post,
    path = "/admin/v1/sales-units",
    operation_id = "addSalesUnit",
    tag = "Sales units",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "It is there.", body = wire::SalesUnit))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewUnit>,
) -> Result<Created<wire::SalesUnit>, Problem> {
    let added = sales_units::add(&face.app, &by, asked.0).await?;
    Ok(created(
        &format!("/admin/v1/sales-units/{}", added.id),
        added.into(),
    ))
}

/// List sales units
///
/// Of one partner, or of all; oldest first, ended ones included.
#[utoipa::path(
    get,
    path = "/admin/v1/sales-units",
    operation_id = "listSalesUnits",
    tag = "Sales units",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::SalesUnitPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Whose<AssignmentId>>,
) -> Result<Json<wire::SalesUnitPage>, Problem> {
    let (page, next) = sales_units::page(&face.app, asked.partner, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::SalesUnit::from).collect();
    Ok(Json(wire::SalesUnitPage::new(
        data,
        next.map(|id| id.to_string()),
    )))
}

/// Read a sales unit
///
/// With how far it has come, and how Vipps took its keys when it was last looked at.
#[utoipa::path(
    get,
    path = "/admin/v1/sales-units/{salesUnitId}",
    operation_id = "showSalesUnit",
    tag = "Sales units",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::SalesUnit))
)]
pub(super) async fn show(
    State(face): State<Face>,
    place: At<Assignment>,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let id = place.it.id;
    standing(&face, id).await
}

/// Change a sales unit
///
/// What is not named stays. The state goes from `draft` to `live` to `ended` and never back: what was begun under it is
/// finished under it. Going live by an operator's word proves the claim.
#[utoipa::path(
    patch,
    path = "/admin/v1/sales-units/{salesUnitId}",
    operation_id = "setSalesUnit",
    tag = "Sales units",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::SalesUnit))
)]
pub(super) async fn set(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Assignment>, UnitChanges>,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let changed = sales_units::set(&face.app, &place.by, place.it.id, asked.0).await?;
    Ok(Json(changed.into()))
}

/// Probe a sales unit
///
/// Asks Vipps now how it takes the keys that serve it. No money is moved; a draft whose claim this proves goes live when
/// nothing else is missing.
#[utoipa::path(
    post,
    path = "/admin/v1/sales-units/{salesUnitId}/probe",
    operation_id = "probeSalesUnit",
    tag = "Sales units",
    security(("operator" = ["support"])),
    responses((status = 200, description = "As it stands.", body = wire::SalesUnit))
)]
pub(super) async fn probe(
    State(face): State<Face>,
    place: At<Assignment>,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let id = place.it.id;
    onboarding::probe_by_operator(&face.app, &place.by, id).await?;
    standing(&face, id).await
}

/// Answer for a claim
///
/// For one that Vipps cannot prove, with a reason. The sales unit goes live when nothing else is missing.
#[utoipa::path(
    post,
    path = "/admin/v1/sales-units/{salesUnitId}/verify",
    operation_id = "verifySalesUnit",
    tag = "Sales units",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it stands.", body = wire::SalesUnit))
)]
pub(super) async fn verify(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Assignment>, Because>,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let id = place.it.id;
    let by = place.by.because(&asked.0);
    onboarding::verify_by_operator(&face.app, &by, id).await?;
    standing(&face, id).await
}

/// The assignment, and how the sales unit stands.
async fn standing(face: &Face, id: AssignmentId) -> Result<Json<wire::SalesUnit>, Problem> {
    let assignment = sales_units::show(&face.app, id).await?;
    let held = face.app.unit_of_assignment(id).await?;
    Ok(Json(wire::SalesUnit::from(assignment).standing(held)))
}
