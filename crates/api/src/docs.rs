//! What developers read: the document, its rendering, and a page for each problem. All from this process.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::face::Face;
use crate::openapi;
use crate::problem::{Code, Problem, page_of, pages};

/// `/openapi.json`, `/docs`, `/problems/{code}`.
pub(crate) fn routes() -> Router<Face> {
    let rendered = SwaggerUi::new("/docs").config(Config::from("/openapi.json"));
    Router::new()
        .route("/openapi.json", get(document))
        .route("/problems", get(all))
        .route("/problems/{code}", get(one))
        .merge(rendered)
}

/// The document, naming the address at which this gateway is reached.
async fn document(State(face): State<Face>) -> Json<Value> {
    let mut document = openapi::document().clone();
    document["servers"][0]["variables"]["gateway"]["default"] = json!(face.settings.public_url);
    Json(document)
}

async fn all() -> Response {
    markdown(pages())
}

async fn one(Path(code): Path<String>) -> Result<Response, Problem> {
    page_of(&code)
        .map(markdown)
        .ok_or_else(|| Problem::new(Code::ROUTE_NOT_FOUND))
}

fn markdown(page: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/markdown; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, page).into_response()
}
