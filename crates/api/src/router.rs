//! The public listener's router: from the door to the handlers.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::face::Face;
use crate::layers::{self, Needs};
use crate::problem::{Code, Problem};
use crate::{docs, identity, openapi, v1};

/// Everything that partners reach: `/v1`, the token endpoint, and what developers read.
pub fn router(face: &Face) -> Router {
    let scopes = Needs::of(openapi::document(), "partner");
    let (v1, _) = v1::routes().split_for_parts();
    // Read each list from below: the last layer is the first to see a request.
    let v1 = v1
        .route_layer(from_fn_with_state(scopes, layers::demand))
        .fallback(nowhere)
        .layer(from_fn_with_state(face.clone(), layers::fair))
        .layer(from_fn_with_state(face.clone(), layers::believe));
    Router::new()
        .merge(docs::routes())
        .merge(identity::oauth::router(face.app.clone()))
        .merge(v1)
        .layer(from_fn_with_state(face.clone(), layers::address))
        .layer(from_fn(layers::rescue))
        .layer(from_fn_with_state(face.clone(), layers::arrival))
        .with_state(face.clone())
}

async fn nowhere() -> Problem {
    Problem::new(Code::ROUTE_NOT_FOUND)
}
