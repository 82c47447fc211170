//! Operations whose outcome nobody knows.

use app::operations::{self, OpenFilter, Operation, Place};
use axum::Json;
use axum::extract::State;

use super::asked::Because;
use super::at::At;
use super::query::{Filter, Pairs, Query};
use super::wire;
use crate::face::Face;
use crate::problem::Problem;
use crate::request::Posted;

/// List operations whose end is not known
///
/// The oldest first, all the pages together. A page may hold fewer than its limit and have another behind it: some are
/// settled while it is read.
#[utoipa::path(
    get,
    path = "/admin/v1/operations",
    operation_id = "listOperations",
    tag = "Operations",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::OperationPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(Open { filter, limit }): Query<Open>,
) -> Result<Json<wire::OperationPage>, Problem> {
    let horizon = face.app.settings().replay_horizon;
    let (open, next) = operations::page_open(&face.app, filter, limit).await?;
    let data = open.iter().map(|it| wire::Operation::new(it, horizon)).collect();
    Ok(Json(wire::OperationPage::new(
        data,
        next.map(|place| place.to_string()),
    )))
}

/// Read an operation
///
/// Open or ended; neither its bodies nor its caller's key.
#[utoipa::path(
    get,
    path = "/admin/v1/operations/{operationId}",
    operation_id = "showOperation",
    tag = "Operations",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "As it stands.", body = wire::Operation))
)]
pub(super) async fn show(State(face): State<Face>, place: At<Operation>) -> Json<wire::Operation> {
    let horizon = face.app.settings().replay_horizon;
    Json(wire::Operation::new(&place.it, horizon))
}

/// Abandon an operation
///
/// Closes an unknown operation by hand, with a reason, and gives its payment free. It says nothing about the money:
/// evidence that comes later is announced and changes nothing. Only once the gateway will not send it again by itself.
#[utoipa::path(
    post,
    path = "/admin/v1/operations/{operationId}/abandon",
    operation_id = "abandonOperation",
    tag = "Operations",
    security(("operator" = ["support"])),
    responses((status = 200, description = "As it is now.", body = wire::Operation))
)]
pub(super) async fn abandon(
    State(face): State<Face>,
    Posted { place, asked }: Posted<At<Operation>, Because>,
) -> Result<Json<wire::Operation>, Problem> {
    let by = place.by.because(&asked.0);
    let abandoned = operations::abandon(&face.app, &by, place.it.id).await?;
    let horizon = face.app.settings().replay_horizon;
    Ok(Json(wire::Operation::new(&abandoned, horizon)))
}

/// Which of them.
#[derive(Debug)]
pub(super) struct Open {
    filter: OpenFilter,
    limit: u32,
}

impl Filter for Open {
    const NAMES: &'static [&'static str] = &["partnerId", "environment", "limit", "cursor"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        let after: Option<Place> = query.cursor()?;
        Ok(Self {
            filter: OpenFilter {
                partner: query.partner(),
                environment: query.parsed("environment", "must be test or production"),
                after: after.map(Into::into),
            },
            limit: query.limit(),
        })
    }
}
