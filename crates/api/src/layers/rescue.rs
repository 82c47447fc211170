//! A panic becomes an answer.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::problem::{Code, Problem};

/// The panic's text stays inside: it may quote anything.
pub(crate) async fn rescue(request: Request, next: Next) -> Response {
    if let Ok(response) = AssertUnwindSafe(next.run(request)).catch_unwind().await {
        return response;
    }
    tracing::error!("a handler panicked");
    Problem::new(Code::INTERNAL).into_response()
}
