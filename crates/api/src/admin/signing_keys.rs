//! The signing keys of the gateway's own issuer.

use axum::Json;
use axum::extract::State;

use super::by::By;
use super::query::{Nothing, Query};
use super::wire;
use crate::face::Face;
use crate::identity::own_keys;
use crate::problem::Problem;

/// List the signing keys
///
/// Those whose public halves stand in `/.well-known/jwks.json`, oldest first: the one that signs, those that did, and the
/// next one once it is drawn. Before anybody has asked for a token there is none.
#[utoipa::path(
    get,
    path = "/admin/v1/signing-keys",
    operation_id = "listSigningKeys",
    tag = "Signing keys",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "All of them.", body = wire::SigningKeyPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(Nothing): Query<Nothing>,
) -> Result<Json<wire::SigningKeyPage>, Problem> {
    let keys = face.app.standing_signing_keys().await?;
    let data = keys.known().into_iter().map(wire::SigningKey::from).collect();
    Ok(Json(wire::SigningKeyPage::new(data, None)))
}

/// Replace the signing keys
///
/// When one has leaked: signs with a new one at once and takes all others out, so that every token they signed is refused,
/// here at once and elsewhere within two seconds. Clients fetch new tokens.
#[utoipa::path(
    post,
    path = "/admin/v1/signing-keys/replace",
    operation_id = "replaceSigningKeys",
    tag = "Signing keys",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "The new one.", body = wire::SigningKey))
)]
pub(super) async fn replace(State(face): State<Face>, By(by): By) -> Result<Json<wire::SigningKey>, Problem> {
    let new = own_keys::replace(&face.app, &by).await?;
    Ok(Json(new.into()))
}
