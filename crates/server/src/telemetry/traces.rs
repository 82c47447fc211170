//! Traces for a collector.

use std::pin::Pin;
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry::KeyValue;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;

/// How long one batch may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn start(url: &str, sampled: f64) -> anyhow::Result<SdkTracerProvider> {
    let exporter = if url.starts_with("https:") {
        // The machine's own authorities, as for calls to Vipps.
        let connector = HttpsConnectorBuilder::new()
            .try_with_platform_verifier()?
            .https_only()
            .enable_http1()
            .build();
        exporter(url, HyperClient::new(connector, EXPORT_TIMEOUT, None))?
    } else {
        exporter(url, HyperClient::with_default_connector(EXPORT_TIMEOUT, None))?
    };
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            sampled,
        ))))
        .with_resource(
            Resource::builder_empty()
                .with_attributes([
                    KeyValue::new("service.name", "nordbro"),
                    KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                ])
                .build(),
        )
        .build())
}

fn exporter(url: &str, client: impl HttpClient + Clone + 'static) -> anyhow::Result<SpanExporter> {
    Ok(SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime {
            runtime: Handle::try_current()?,
            client,
        })
        .with_endpoint(format!("{url}/v1/traces"))
        .with_timeout(EXPORT_TIMEOUT)
        .build()?)
}

/// The exporter works on a thread of its own, where no socket of ours can live: its calls are carried over to the
/// runtime.
#[derive(Debug)]
struct OnRuntime<C> {
    runtime: Handle,
    client: C,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl<C: HttpClient + Clone + 'static> HttpClient for OnRuntime<C> {
    fn send_bytes<'me, 'sending>(&'me self, request: Request<Bytes>) -> Sending<'sending>
    where
        'me: 'sending,
        Self: 'sending,
    {
        let client = self.client.clone();
        let sending = self
            .runtime
            .spawn(async move { client.send_bytes(request).await });
        Box::pin(async move { sending.await? })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_span_reaches_the_collector() {
        let (tell, mut told) = mpsc::unbounded_channel::<Bytes>();
        let router = Router::new().route(
            "/v1/traces",
            post(async move |body: Bytes| {
                tell.send(body).unwrap();
            }),
        );
        let listener = crate::listen::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let closing = CancellationToken::new();
        let config = crate::config::load(None, []).unwrap();
        let limits = crate::listen::Limits::new(&config.public, &config.shutdown);
        TaskTracker::new().spawn(crate::listen::serve(listener, router, limits, closing.clone()));

        let provider = start(&url, 1.0).unwrap();
        provider.tracer("test").in_span("a capture", |_| {});
        tokio::task::spawn_blocking(move || provider.shutdown())
            .await
            .unwrap()
            .unwrap();
        let batch = told.recv().await.unwrap();
        let text = String::from_utf8_lossy(&batch).into_owned();
        assert!(
            text.contains("a capture") && text.contains("service.name"),
            "{text}"
        );
        closing.cancel();
    }
}
