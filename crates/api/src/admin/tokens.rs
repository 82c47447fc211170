//! Tokens that are taken back.

use app::registry::tokens;
use axum::Json;
use axum::extract::State;

use super::asked::NewRevocation;
use super::by::By;
use super::wire;
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// End one token
///
/// Named by its claim `jti` and whoever signed it: here at once, elsewhere within two seconds.
#[utoipa::path(
    post,
    path = "/admin/v1/revoked-tokens",
    operation_id = "revokeToken",
    tag = "Tokens",
    security(("operator" = ["support"])),
    responses((status = 200, description = "It is not good any more.", body = wire::Revocation))
)]
pub(super) async fn revoke(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewRevocation>,
) -> Result<Json<wire::Revocation>, Problem> {
    let revoked = tokens::revoke(&face.app, &by, asked.signer, &asked.jti).await?;
    Ok(Json(revoked.into()))
}
