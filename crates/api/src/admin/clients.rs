//! Clients of the gateway's own issuer.

use app::registry::{Client, Standing, clients};
use axum::Json;
use axum::extract::State;
use domain::ClientId;
use http::StatusCode;

use super::asked::{ClientChanges, NewClient, NewSecret, Retirement};
use super::at::At;
use super::by::By;
use super::query::{Query, Whose};
use super::{Created, created, wire};
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// Add a client
///
/// Who fetches tokens at the gateway's own token endpoint. It proves itself with a secret of your own (at least 256
/// random bits, kept as a hash) or with a key. None is drawn here, because no answer holds a secret: `nordbro client
/// add` draws one and prints it once.
#[utoipa::path(
    post,
    path = "/admin/v1/clients",
    operation_id = "addClient",
    tag = "Clients",
    security(("operator" = ["owner"])),
    responses((status = 201, description = "It is there.", body = wire::Client))
)]
pub(super) async fn add(
    State(face): State<Face>,
    Posted { place: By(by), asked }: Posted<By, NewClient>,
) -> Result<Created<wire::Client>, Problem> {
    let added = clients::add(&face.app, &by, asked.0).await?;
    Ok(created(&format!("/admin/v1/clients/{}", added.id), added.into()))
}

/// List clients
///
/// Of one partner, or of all; oldest first.
#[utoipa::path(
    get,
    path = "/admin/v1/clients",
    operation_id = "listClients",
    tag = "Clients",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::ClientPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(asked): Query<Whose<ClientId>>,
) -> Result<Json<wire::ClientPage>, Problem> {
    let (page, next) = clients::page(&face.app, asked.partner, asked.after, asked.limit).await?;
    let data = page.into_iter().map(wire::Client::from).collect();
    Ok(Json(wire::ClientPage::new(data, next.map(|id| id.to_string()))))
}

/// Read a client
///
/// By its id.
#[utoipa::path(
    get,
    path = "/admin/v1/clients/{clientId}",
    operation_id = "showClient",
    tag = "Clients",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::Client))
)]
pub(super) async fn show(At { it, .. }: At<Client>) -> Json<wire::Client> {
    Json(it.into())
}

/// Change a client
///
/// What is not named stays; its name, partner and environment always do.
#[utoipa::path(
    patch,
    path = "/admin/v1/clients/{clientId}",
    operation_id = "setClient",
    tag = "Clients",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Client))
)]
pub(super) async fn set(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Client>, ClientChanges>,
) -> Result<Json<wire::Client>, Problem> {
    let changed = clients::set(&face.app, &place.by, place.it.id, asked.0).await?;
    Ok(Json(changed.into()))
}

/// Give a client a further secret
///
/// Both open until the client has changed over, unless the others are retired at once.
#[utoipa::path(
    post,
    path = "/admin/v1/clients/{clientId}/secrets",
    operation_id = "addClientSecret",
    tag = "Clients",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "The client, without its secrets.", body = wire::Client))
)]
pub(super) async fn add_secret(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Client>, NewSecret>,
) -> Result<Json<wire::Client>, Problem> {
    let NewSecret { secret, others } = asked;
    clients::add_secret(&face.app, &place.by, place.it.id, &secret, others).await?;
    Ok(Json(place.it.into()))
}

/// Retire a client's secrets
///
/// When the client has changed over: `newest` ends every secret before the one that was added last, `none` ends all of
/// a client that has keys. No other is drawn. Refused when nothing would be left to open with.
#[utoipa::path(
    post,
    path = "/admin/v1/clients/{clientId}/retire-secrets",
    operation_id = "retireClientSecrets",
    tag = "Clients",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "The client, without its secrets.", body = wire::Client))
)]
pub(super) async fn retire_secrets(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Client>, Retirement>,
) -> Result<Json<wire::Client>, Problem> {
    let client = clients::retire_secrets(&face.app, &place.by, place.it.id, asked.0).await?;
    Ok(Json(client.into()))
}

/// Suspend a client
///
/// It gets no tokens, and those it has are refused: here at once, elsewhere within two seconds.
#[utoipa::path(
    post,
    path = "/admin/v1/clients/{clientId}/suspend",
    operation_id = "suspendClient",
    tag = "Clients",
    security(("operator" = ["support"])),
    responses((status = 200, description = "As it is now.", body = wire::Client))
)]
pub(super) async fn suspend(
    State(face): State<Face>,
    place: At<Client>,
) -> Result<Json<wire::Client>, Problem> {
    let changed = clients::stand(&face.app, &place.by, place.it.id, Standing::Suspended).await?;
    Ok(Json(changed.into()))
}

/// Activate a client
///
/// Its tokens are believed again.
#[utoipa::path(
    post,
    path = "/admin/v1/clients/{clientId}/activate",
    operation_id = "activateClient",
    tag = "Clients",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = wire::Client))
)]
pub(super) async fn activate(
    State(face): State<Face>,
    place: At<Client>,
) -> Result<Json<wire::Client>, Problem> {
    let changed = clients::stand(&face.app, &place.by, place.it.id, Standing::Active).await?;
    Ok(Json(changed.into()))
}

/// Remove a client
///
/// Its tokens end at once.
#[utoipa::path(
    delete,
    path = "/admin/v1/clients/{clientId}",
    operation_id = "removeClient",
    tag = "Clients",
    security(("operator" = ["owner"])),
    responses((status = 204, description = "It is gone."))
)]
pub(super) async fn remove(State(face): State<Face>, place: At<Client>) -> Result<StatusCode, Problem> {
    clients::remove(&face.app, &place.by, place.it.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
