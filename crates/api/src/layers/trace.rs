//! W3C trace context (Level 1, 2021), read from a request or begun.

use domain::TraceContext;
use http::HeaderMap;
use uuid::Uuid;

/// The trace that a request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trace {
    /// 32 lower-case hexadecimal digits.
    pub id: String,
    pub context: TraceContext,
}

/// Goes on with the caller's trace when its header is good, and begins one with `fresh` when it is not:
/// a broken header must never fail a payment.
pub(super) fn read(headers: &HeaderMap, fresh: Uuid) -> Trace {
    let mut sent = headers.get_all("traceparent").iter();
    let one = match (sent.next(), sent.next()) {
        (Some(one), None) => one.to_str().ok(),
        _ => None,
    };
    if let Some(parent) = one
        && let Some(id) = trace_id(parent)
    {
        let states: Vec<_> = headers
            .get_all("tracestate")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let state = states.join(",");
        return Trace {
            id: id.to_owned(),
            context: TraceContext {
                traceparent: Some(parent.to_owned()),
                tracestate: (!state.is_empty() && state.len() <= 512).then_some(state),
            },
        };
    }
    let id = fresh.simple().to_string();
    // The last eight bytes of a version 7 id are random enough to name the first span.
    let span = &id[16..];
    Trace {
        context: TraceContext {
            traceparent: Some(format!("00-{id}-{span}-01")),
            tracestate: None,
        },
        id,
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, no part all zero; a later version may have more behind it.
fn trace_id(parent: &str) -> Option<&str> {
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = parent.split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let legal = hex(version, 2)
        && version != "ff"
        && hex(id, 32)
        && hex(span, 16)
        && hex(flags, 2)
        && id.bytes().any(|it| it != b'0')
        && span.bytes().any(|it| it != b'0')
        && (version != "00" || parts.next().is_none())
        && parent.len() <= 256;
    legal.then_some(id)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(parent: &str) -> Trace {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_str(parent).unwrap());
        headers.append("tracestate", HeaderValue::from_static("a=1"));
        headers.append("tracestate", HeaderValue::from_static("b=2"));
        read(&headers, Uuid::from_u128(7))
    }

    #[test]
    fn a_good_parent_is_gone_on_with() {
        let trace = of(&format!("00-{ID}-00f067aa0ba902b7-01"));
        assert_eq!(trace.id, ID);
        assert_eq!(trace.context.tracestate.as_deref(), Some("a=1,b=2"));
        assert_eq!(of(&format!("cc-{ID}-00f067aa0ba902b7-01-more")).id, ID);
    }

    #[test]
    fn a_broken_parent_begins_a_trace_of_its_own() {
        let zeros = "0".repeat(32);
        for parent in [
            String::new(),
            format!("00-{ID}-00f067aa0ba902b7"),
            format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()),
            format!("00-{zeros}-00f067aa0ba902b7-01"),
            format!("00-{ID}-0000000000000000-01"),
            format!("ff-{ID}-00f067aa0ba902b7-01"),
            format!("00-{ID}-00f067aa0ba902b7-01-more"),
        ] {
            let trace = of(&parent);
            assert_eq!(trace.id, "00000000000000000000000000000007", "{parent}");
            let begun = trace.context.traceparent.unwrap();
            assert!(begun.starts_with(&format!("00-{}", trace.id)), "{begun}");
            assert_eq!(trace.context.tracestate, None);
        }
    }
}
