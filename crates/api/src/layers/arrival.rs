//! The first and the last to see a request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::TraceContext;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};

use super::trace;
use crate::face::Face;
use crate::limit::Standings;
use crate::problem::{self, Addressee};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What a request is called here, in its extensions from now on.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub request_id: String,
    pub trace_id: String,
    pub trace: TraceContext,
}

/// Names the request, and finishes its answer: the problem's bytes, the ids, the standing with every limit.
pub(crate) async fn arrival(State(face): State<Face>, mut request: Request, next: Next) -> Response {
    let clock = face.app.clock();
    let trace = trace::read(request.headers(), clock.new_id());
    let arrived = Arrived {
        request_id: format!("req_{}", clock.new_id().simple()),
        trace_id: trace.id,
        trace: trace.context,
    };
    tracing::Span::current().record("request_id", &arrived.request_id);
    let standings = Standings::default();
    request.extensions_mut().insert(arrived.clone());
    request.extensions_mut().insert(standings.clone());
    let response = next.run(request).await;
    let to = Addressee {
        request_id: &arrived.request_id,
        trace_id: &arrived.trace_id,
        public_url: &face.settings.public_url,
    };
    let mut response = problem::render(response, &to);
    let headers = response.headers_mut();
    standings.write(headers);
    if let Ok(id) = HeaderValue::from_str(&arrived.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    // Answers speak of money and people: nobody on the way keeps them.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}
