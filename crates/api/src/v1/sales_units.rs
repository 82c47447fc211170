//! Sales units: which ones the token may use.

use axum::Json;
use axum::extract::State;

use crate::face::Face;
use crate::problem::Problem;
use crate::request::{AtUnit, Believed};
use crate::wire;

/// List sales units
///
/// All that the token may use, in its environment.
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
    let units = face.app.units(&caller).await?;
    let health = face.app.health(&caller, units.iter().map(|unit| &**unit)).await?;
    let data = units
        .iter()
        .zip(health)
        .map(|(unit, health)| wire::SalesUnit::new(unit, health))
        .collect();
    Ok(Json(wire::SalesUnitPage::new(data, None)))
}

/// Read a sales unit
///
/// What it is called, where it takes money, whether keys serve it, and whether Vipps accepts them.
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
    AtUnit { caller, msn }: AtUnit,
) -> Result<Json<wire::SalesUnit>, Problem> {
    let unit = face.app.unit(&caller, &msn).await?;
    let health = face.app.health(&caller, [&*unit]).await?;
    let health = health.into_iter().next().unwrap_or(app::Health::Connected);
    Ok(Json(wire::SalesUnit::new(&unit, health)))
}
