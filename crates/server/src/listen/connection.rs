//! One connection, HTTP/1 or HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse as _;
use http::{Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::Limits;
use super::activity::{Activity, Heard, Running};
use super::body::Timed;
use super::client;

/// How long a peer that was asked to leave may take before its socket is closed.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves one connection to its end. Never panics, never outlives `limits`.
#[expect(clippy::disallowed_methods, reason = "timeouts of sockets are real time")]
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    closing: CancellationToken,
) {
    // Answers are small and whole: waiting to fill a packet would only add latency.
    drop(stream.set_nodelay(true));
    let activity = Activity::new();
    let service = {
        let (activity, limits) = (activity.clone(), limits.clone());
        hyper::service::service_fn(move |request| {
            answer(request, router.clone(), peer, limits.clone(), activity.begin())
        })
    };

    let builder = builder(&limits);
    let mut connection =
        pin!(builder.serve_connection(TokioIo::new(Heard::new(stream, activity.clone())), service));
    let leaving = tokio::select! {
        ended = connection.as_mut() => return log_end(ended.map_err(|error| error.to_string()), peer),
        () = activity.exhausted(limits.header_timeout, limits.idle_timeout) => Leaving::Idle,
        () = activity.stalled(limits.body_timeout) => return log_stall(peer),
        () = closing.cancelled() => Leaving::Draining,
    };
    connection.as_mut().graceful_shutdown();
    match leaving {
        // The listener cuts what has not ended at the drain deadline.
        Leaving::Draining => log_end(connection.await.map_err(|error| error.to_string()), peer),
        Leaving::Idle => {
            let farewell = limits.header_timeout.min(FAREWELL);
            if tokio::time::timeout(farewell, connection.as_mut()).await.is_err() && activity.is_busy() {
                // A request slipped in while we were leaving: it is answered, if its peer takes the answer.
                tokio::select! {
                    ended = connection => log_end(ended.map_err(|error| error.to_string()), peer),
                    () = activity.stalled(limits.body_timeout) => log_stall(peer),
                }
            }
        }
    }
}

enum Leaving {
    Idle,
    Draining,
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // See `Activity`: this timeout would also end the rest between two requests.
        .header_read_timeout(None)
        .max_headers(limits.max_headers)
        .max_buf_size(limits.max_header_bytes as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.max_header_bytes)
        .max_concurrent_streams(limits.max_streams)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

async fn answer(
    request: Request<Incoming>,
    router: Router,
    peer: SocketAddr,
    limits: Limits,
    mut running: Running,
) -> Result<Response<Body>, Infallible> {
    let (mut parts, body) = request.into_parts();
    let client = client::address(peer.ip(), &parts.headers, &limits.trusted_proxies);
    parts
        .extensions
        .insert(ConnectInfo(SocketAddr::new(client, peer.port())));
    let body = Body::new(Timed::new(body, limits.body_timeout));
    // HTTP/1 refuses this while reading; HTTP/2 counts bytes only.
    let answer = if parts.headers.len() > limits.max_headers {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()
    } else {
        router.oneshot(Request::from_parts(parts, body)).await?
    };
    let size = answer.size_hint();
    running.answered(size.upper().unwrap_or_else(|| size.lower()));
    // The request runs until its answer's last byte is out.
    Ok(answer.map(|body| Body::new(super::body::Held::new(body, running))))
}

fn log_stall(peer: SocketAddr) {
    tracing::debug!(client.address = %peer.ip(), "a peer took no answers; its connection is cut");
}

fn log_end(ended: Result<(), String>, peer: SocketAddr) {
    if let Err(error) = ended {
        // The peer's doing, nearly always: for the debugging of one of them, not for the operator.
        tracing::debug!(error, client.address = %peer.ip(), "a connection ended badly");
    }
}
