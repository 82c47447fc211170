//! Numbers for Prometheus.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};

/// Bounds of every histogram of seconds: from the half millisecond that we may add to the minute a caller may wait.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// The numbers of this process.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// The Prometheus text format, version 0.0.4.
    ///
    /// # Errors
    /// Two instruments of one name and different kinds.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

pub(super) fn start() -> anyhow::Result<(SdkMeterProvider, Metrics)> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .without_target_info()
        .build()?;
    let provider = SdkMeterProvider::builder()
        .with_reader(exporter)
        .with_resource(Resource::builder_empty().build())
        .with_view(|instrument: &Instrument| {
            (instrument.kind() == InstrumentKind::Histogram).then(|| {
                Stream::builder()
                    .with_aggregation(Aggregation::ExplicitBucketHistogram {
                        boundaries: SECONDS.to_vec(),
                        record_min_max: false,
                    })
                    .build()
                    .ok()
            })?
        })
        .build();
    Ok((provider, Metrics { registry }))
}

#[cfg(test)]
mod tests {
    use tracing_opentelemetry::MetricsLayer;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn events_of_inner_rooms_become_numbers_with_their_other_fields_as_labels() {
        let (provider, metrics) = start().unwrap();
        let subscriber = tracing_subscriber::Registry::default().with(MetricsLayer::new(provider.clone()));
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 {
                tracing::info!(target: "metric", operation = "capture", monotonic_counter.nordbro_upstream_calls = 1_u64);
            }
            tracing::info!(target: "metric", operation = "capture", histogram.nordbro_upstream_seconds = 0.004_f64);
        });
        let text = metrics.render().unwrap();
        assert!(
            text.contains("nordbro_upstream_calls_total{operation=\"capture\"} 3"),
            "{text}"
        );
        assert!(
            text.contains("nordbro_upstream_seconds_bucket{operation=\"capture\",le=\"0.0025\"} 0"),
            "{text}"
        );
        assert!(
            text.contains("nordbro_upstream_seconds_bucket{operation=\"capture\",le=\"0.005\"} 1"),
            "{text}"
        );
    }
}
