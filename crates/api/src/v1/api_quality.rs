//! How well a partner's calls go at Vipps.

use axum::Json;
use axum::extract::State;

use crate::face::Face;
use crate::problem::Problem;
use crate::request::AskedQuality;
use crate::wire;

/// Read the API quality
///
/// Counts of every call that the gateway made to Vipps for the partner, by sales unit and endpoint: what Vipps'
/// partner terms ask partners to watch. Calls are counted within some seconds.
#[utoipa::path(
    get,
    path = "/v1/api-quality",
    operation_id = "getApiQuality",
    tag = "Reports",
    security(("partner" = ["reports:read"])),
    responses((status = 200, description = "One page.", body = wire::ApiQualityPage))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AskedQuality { caller, query }: AskedQuality,
) -> Result<Json<wire::ApiQualityPage>, Problem> {
    let page = app::quality::list(&face.app, &caller, &query).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    let data = page.data.into_iter().map(wire::ApiQuality::from).collect();
    Ok(Json(wire::ApiQualityPage::new(data, next)))
}
