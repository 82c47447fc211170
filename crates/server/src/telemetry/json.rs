//! Log lines: one flat JSON object each, with the fields of every span around it.

use std::fmt;
use std::io::Write;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes `{"timestamp","level","message","target", fields…}`. An inner span's field wins over an outer one's,
/// the event's own over both.
pub(super) struct Lines<W> {
    writer: W,
}

impl<W> Lines<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { writer }
    }
}

/// The fields of a span, kept beside it.
struct Fields(Map<String, Value>);

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Map::new();
            attributes.record(&mut Collect(&mut fields));
            span.extensions_mut().insert(Fields(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Fields(fields)) = span.extensions_mut().get_mut()
        {
            values.record(&mut Collect(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Map::new();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(Fields(of_span)) = span.extensions().get() {
                fields.extend(of_span.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        event.record(&mut Collect(&mut fields));
        let message = fields.remove("message").unwrap_or_default();
        // People read from the left: what every line has comes first.
        let first: [(&str, Value); 4] = [
            ("timestamp", now().into()),
            ("level", metadata.level().as_str().into()),
            ("message", message),
            ("target", metadata.target().into()),
        ];
        let rest = fields.iter().map(|(name, value)| (name.as_str(), value));
        let parts: Vec<String> = first
            .iter()
            .map(|(name, value)| (*name, value))
            .chain(rest)
            .map(|(name, value)| format!("{}:{value}", Value::from(name)))
            .collect();
        let bytes = format!("{{{}}}\n", parts.join(",")).into_bytes();
        // A log that cannot be written has nowhere to say so.
        drop(self.writer.make_writer_for(metadata).write_all(&bytes));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a log line carries the machine's time, not the business's"
)]
fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

struct Collect<'a>(&'a mut Map<String, Value>);

impl Collect<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Collect<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }
    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        // The whole chain, once: each error says what it failed to do and not what its source said.
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        self.put(field, text);
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(write: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = Registry::default().with(Lines::new(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, write);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_line_carries_the_fields_of_every_span_around_it() {
        let lines = lines(|| {
            let outer =
                tracing::info_span!("request", request_id = "req_1", trace_id = tracing::field::Empty);
            let _outer = outer.enter();
            outer.record("trace_id", "4bf9");
            let inner = tracing::info_span!("capture", payment.reference = "order-1");
            let _inner = inner.enter();
            tracing::warn!(duration_ms = 12_u64, "the answer was late");
        });
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(line["message"], "the answer was late");
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["request_id"], "req_1");
        assert_eq!(line["trace_id"], "4bf9");
        assert_eq!(line["payment.reference"], "order-1");
        assert_eq!(line["duration_ms"], 12);
    }

    #[test]
    fn an_error_is_written_with_its_causes_and_line_breaks_stay_inside_the_line() {
        let lines = lines(|| {
            let error = anyhow::anyhow!("disk\nfull").context("the row could not be written");
            let error: &(dyn std::error::Error + 'static) = error.as_ref();
            tracing::error!(error, "a job failed");
        });
        assert_eq!(lines[0]["error"], "the row could not be written: disk\nfull");
    }
}
