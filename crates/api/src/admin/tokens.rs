//! Tokens that are taken back.

use app::registry::tokens;
use axum::Json;
use axum::extract::State;

use super::asked::{NewOperatorRevocation, NewRevocation};
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

/// End one token of an operator
///
/// Named by its claim `jti`: it is refused from the next request on. A token without that claim cannot be named.
#[utoipa::path(
    post,
    path = "/admin/v1/revoked-operator-tokens",
    operation_id = "revokeOperatorToken",
    tag = "Tokens",
    security(("operator" = ["support"])),
    responses((status = 200, description = "It is not good any more.", body = wire::OperatorRevocation))
)]
pub(super) async fn revoke_operators(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewOperatorRevocation>,
) -> Result<Json<wire::OperatorRevocation>, Problem> {
    let revoked = tokens::revoke_operators(&face.app, &by, &asked.0).await?;
    Ok(Json(revoked.into()))
}
