//! What the process tells about itself: log lines, traces, metrics.
//!
//! Inner rooms speak `tracing` and nothing else. Here a log line becomes JSON on stderr, a span goes to a collector
//! when one is configured, and an event of target [`METRIC`] becomes a number on the private listener.
//! Which fields there are, and which never: `docs/logging.md`.

mod json;
mod metrics;
mod traces;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::filter::{EnvFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry};

pub use metrics::Metrics;

use crate::config;

/// The target of events that are numbers and not log lines.
pub const METRIC: &str = "metric";

/// What must be flushed before the process ends.
#[derive(Debug)]
pub struct Telemetry {
    pub metrics: Metrics,
    meter: SdkMeterProvider,
    tracer: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts telling, for the whole process. Called once, by a command that serves.
    ///
    /// # Errors
    /// A log filter that cannot be read, a collector URL that cannot be used, or a second call.
    pub fn start(settings: &config::Telemetry) -> anyhow::Result<Self> {
        let log = EnvFilter::builder()
            .parse(&settings.log)
            .with_context(|| format!("telemetry.log: `{}` is not a log filter", settings.log))?;
        let (meter, metrics) = metrics::start().context("the metrics registry could not be made")?;
        let tracer = match settings.otlp_url.as_str() {
            "" => None,
            url => Some(
                traces::start(url, settings.sampled).context("telemetry.otlp_url: traces cannot be sent")?,
            ),
        };

        let lines = json::Lines::new(std::io::stderr)
            .with_filter(filter_fn(|metadata| metadata.target() != METRIC))
            .with_filter(log);
        let numbers = MetricsLayer::new(meter.clone())
            .with_filter(Targets::new().with_target(METRIC, LevelFilter::TRACE));
        let spans = tracer.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("nordbro"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                // Our own crates only: a library's spans say little and cost much.
                .with_filter(filter_fn(|metadata| {
                    metadata.target().starts_with("nordbro") && *metadata.level() <= LevelFilter::INFO
                }))
        });
        Registry::default()
            .with(lines)
            .with(numbers)
            .with(spans)
            .try_init()
            .context("logging was started twice")?;
        Ok(Self {
            metrics,
            meter,
            tracer,
        })
    }

    /// Sends what is still held back. Blocks for as long as the collector takes, five seconds at most.
    pub fn flush(&self) {
        if let Some(tracer) = &self.tracer
            && let Err(error) = tracer.shutdown()
        {
            tracing::warn!(error = %error, "the last traces could not be sent");
        }
        // Reading is what flushes a Prometheus registry: nothing is held back there.
        drop(self.meter.shutdown());
    }
}
