//! The operators' API: `/admin/v1` on the private listener, for tokens of the operators' own issuer.
//!
//! One file for each subject. A handler names the least role that may do it and its success; what every operation
//! has in common is added to the document by [`crate::openapi`], and to answers by the layers.

pub(crate) mod asked;
mod at;
mod audit;
mod by;
mod clients;
mod customers;
mod data_keys;
mod gate;
mod imports;
mod issuers;
mod key_sets;
mod merchants;
mod operations;
mod partners;
mod product_orders;
mod profiles;
mod query;
mod role;
mod sales_units;
mod signing_keys;
mod tokens;
mod transfers;
pub(crate) mod wire;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{HeaderName, LOCATION};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use role::Role;

use crate::face::Face;
use crate::layers::{self, Needs};
use crate::openapi;
use crate::problem::{Code, Problem};

/// Everything under `/admin`, for the private listener alone.
pub fn router(face: &Face) -> Router {
    let roles = Needs::<Role>::of(openapi::operator_document(), "operator");
    let (operations, _) = routes().split_for_parts();
    // Read each list from below: the last layer is the first to see a request.
    Router::new()
        .merge(operations)
        .route_layer(from_fn_with_state(roles, gate::demand))
        .route("/admin", any(nowhere))
        .route("/admin/{*rest}", any(nowhere))
        .route_layer(from_fn_with_state(face.clone(), gate::believe))
        .route("/admin/openapi.json", get(document))
        .layer(from_fn(layers::rescue))
        .layer(from_fn_with_state(face.clone(), layers::arrival))
        .with_state(face.clone())
}

/// Every operation, with its part of the document.
pub(crate) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(partners::add, partners::list))
        .routes(routes!(partners::show, partners::set, partners::remove))
        .routes(routes!(partners::show_retention, partners::put_retention))
        .routes(routes!(customers::erase))
        .routes(routes!(imports::run))
        .routes(routes!(issuers::add, issuers::list))
        .routes(routes!(issuers::show, issuers::set, issuers::remove))
        .routes(routes!(issuers::suspend))
        .routes(routes!(issuers::activate))
        .routes(routes!(clients::add, clients::list))
        .routes(routes!(clients::show, clients::set, clients::remove))
        .routes(routes!(clients::add_secret))
        .routes(routes!(clients::retire_secrets))
        .routes(routes!(clients::suspend))
        .routes(routes!(clients::activate))
        .routes(routes!(tokens::revoke))
        .routes(routes!(tokens::revoke_operators))
        .routes(routes!(signing_keys::list))
        .routes(routes!(signing_keys::replace))
        .routes(routes!(profiles::add, profiles::list))
        .routes(routes!(profiles::show, profiles::put, profiles::remove))
        .routes(routes!(merchants::add, merchants::list))
        .routes(routes!(merchants::show, merchants::rename, merchants::remove))
        .routes(routes!(sales_units::add, sales_units::list))
        .routes(routes!(sales_units::show, sales_units::set))
        .routes(routes!(sales_units::probe))
        .routes(routes!(sales_units::verify))
        .routes(routes!(product_orders::list))
        .routes(routes!(product_orders::show))
        .routes(routes!(transfers::list))
        .routes(routes!(transfers::show))
        .routes(routes!(transfers::force))
        .routes(routes!(transfers::refuse))
        .routes(routes!(key_sets::add, key_sets::list))
        .routes(routes!(key_sets::show, key_sets::remove))
        .routes(routes!(key_sets::prove))
        .routes(routes!(operations::list))
        .routes(routes!(operations::show))
        .routes(routes!(operations::abandon))
        .routes(routes!(data_keys::list))
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify))
        .routes(routes!(audit::chains))
        .routes(routes!(audit::export))
}

async fn nowhere() -> Problem {
    Problem::new(Code::ROUTE_NOT_FOUND)
}

async fn document() -> Json<&'static serde_json::Value> {
    Json(openapi::operator_document())
}

type Created<T> = (StatusCode, [(HeaderName, String); 1], Json<T>);

/// 201 with the address of what is new.
fn created<T>(location: &str, it: T) -> Created<T> {
    (StatusCode::CREATED, [(LOCATION, location.to_owned())], Json(it))
}
