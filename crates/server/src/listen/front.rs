//! What is done to every request before the faces see it: its trace goes on, its span begins, its end is logged and counted.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::Clock;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Instrument as _, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Puts a trace and the numbers round every route of `router`, and round what matches none.
///
/// Inside, the request's `traceparent` always holds a valid context: the caller's, continued under a span of ours, or
/// a fresh one.
pub fn front(router: Router, clock: Arc<dyn Clock>) -> Router {
    router.layer(from_fn_with_state(clock, observe))
}

async fn observe(State(clock): State<Arc<dyn Clock>>, mut request: Request, next: Next) -> Response {
    // The path itself may hold a token (hooks, returns): only its template is told.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let method = method_label(request.method());
    let span = tracing::info_span!(
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        // Written by the faces, which name the request.
        request_id = field::Empty,
        trace_id = field::Empty,
    );
    let trace = continue_trace(&span, request.headers_mut(), clock.as_ref());
    span.record("trace_id", trace);

    let began = clock.now();
    let answer = next.run(request).instrument(span.clone()).await;
    let took = clock.now() - began;

    let status = answer.status().as_u16();
    span.record("http.response.status_code", status);
    tracing::info!(
        target: "metric",
        method, route, status, monotonic_counter.nordbro_http_requests = 1_u64
    );
    tracing::info!(
        target: "metric",
        method, route, histogram.nordbro_http_request_seconds = took.as_seconds_f64()
    );
    let duration_ms = took.as_seconds_f64() * 1e3;
    span.in_scope(|| {
        if answer.status().is_server_error() {
            tracing::warn!(duration_ms, "answered");
        } else {
            tracing::info!(duration_ms, "answered");
        }
    });
    answer
}

/// A label has few values: a caller cannot make new ones by inventing methods.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Makes `headers` carry this span's context and returns its trace id, 32 hexadecimal digits.
fn continue_trace(span: &Span, headers: &mut HeaderMap, clock: &dyn Clock) -> String {
    let propagator = TraceContextPropagator::new();
    let parent = propagator.extract(&HeaderExtractor(headers));
    let parent_is_valid = parent.span().span_context().is_valid();
    // Fails only where no collector is configured; then there is nothing to hang the span on.
    drop(span.set_parent(parent.clone()));
    headers.remove(TRACEPARENT);
    let ours = span.context();
    if ours.span().span_context().is_valid() {
        headers.remove(TRACESTATE);
        propagator.inject_context(&ours, &mut HeaderInjector(headers));
        return ours.span().span_context().trace_id().to_string();
    }
    // Without a collector the trace still goes through us, under the caller's id or one of our own.
    let (trace, flags) = if parent_is_valid {
        let context = parent.span().span_context().clone();
        (context.trace_id().to_string(), context.trace_flags().to_u8())
    } else {
        headers.remove(TRACESTATE);
        (clock.new_id().simple().to_string(), 0)
    };
    let fresh = clock.new_id().simple().to_string();
    // The second half of an id is its random part.
    if let Ok(value) = HeaderValue::from_str(&format!("00-{trace}-{}-{flags:02x}", &fresh[16..])) {
        headers.insert(TRACEPARENT, value);
    }
    trace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn through(given: &[(&'static str, &'static str)]) -> (String, HeaderMap) {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let trace = continue_trace(&Span::none(), &mut headers, &SystemClock);
        (trace, headers)
    }

    #[test]
    fn a_callers_trace_goes_on_under_a_span_of_ours() {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let (trace, headers) = through(&[("traceparent", given), ("tracestate", "vendor=1")]);
        assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        let ours = headers["traceparent"].to_str().unwrap();
        assert!(
            ours.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && ours.ends_with("-01"),
            "{ours}"
        );
        assert!(!ours.contains("00f067aa0ba902b7"), "{ours}");
        assert_eq!(headers["tracestate"], "vendor=1");
    }

    #[test]
    fn a_malformed_trace_is_replaced_and_its_state_dropped() {
        for bad in [
            "",
            "garbage",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        ] {
            let (trace, headers) = through(&[("traceparent", bad), ("tracestate", "vendor=1")]);
            assert_eq!(trace.len(), 32);
            assert!(headers["traceparent"].to_str().unwrap().contains(&trace));
            assert!(headers.get("tracestate").is_none());
        }
    }
}
