//! The keys that what is at rest hangs on.

use app::registry::data_keys;
use axum::Json;
use axum::extract::State;

use super::query::{Nothing, Query};
use super::wire;
use crate::face::Face;
use crate::problem::Problem;

/// List the keys of the key file
///
/// By their ids, with what hangs on each. They are rotated with `nordbro keys rotate`.
#[utoipa::path(
    get,
    path = "/admin/v1/sealing-keys",
    operation_id = "listSealingKeys",
    tag = "Keys at rest",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "All of them.", body = wire::SealingKeyPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(Nothing): Query<Nothing>,
) -> Result<Json<wire::SealingKeyPage>, Problem> {
    let status = data_keys::status(&face.app).await?;
    Ok(Json(wire::SealingKeyPage::new(
        wire::data_key::all(&status),
        None,
    )))
}
