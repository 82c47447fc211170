//! The operators' listener: metrics and probes; their API comes beside these.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};

use crate::health::Health;
use crate::telemetry::Metrics;

/// What Prometheus expects of the text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/metrics`, `/livez`, `/readyz` and `/startupz`.
pub fn router(health: Arc<Health>, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(render).with_state(metrics))
        // Alive is answering at all: a database that is down is no reason to be killed.
        .route(
            "/livez",
            get(async || Json(serde_json::json!({ "status": "ok" }))),
        )
        .route("/readyz", get(ready).with_state(Arc::clone(&health)))
        .route("/startupz", get(started).with_state(health))
}

async fn render(State(metrics): State<Metrics>) -> Response {
    match metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let report = health.report().await;
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

async fn started(State(health): State<Arc<Health>>) -> Response {
    if health.started() {
        Json(serde_json::json!({ "status": "ok" })).into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(serde_json::json!({ "status": "starting" })),
        )
            .into_response()
    }
}
