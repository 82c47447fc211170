//! W3C trace context as a plain value.

/// The `traceparent` and `tracestate` of a request, handed on to Vipps unchanged but for the span id.
/// Inner rooms carry it as a value; only the binary knows a tracing system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceContext {
    pub traceparent: Option<String>,
    pub tracestate: Option<String>,
}
