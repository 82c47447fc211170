//! The door: accepting connections and letting nobody hold one for free.
//!
//! `axum::serve` sets no limits. Here a connection has a time for its head, its body and its idleness, a size and a
//! number of headers, and a place among a bounded number; on shutdown it is answered and closed.

mod activity;
mod body;
mod client;
mod connection;
mod front;
mod shares;
mod untaken;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use front::front;

use crate::config;
use shares::Shares;

/// What a connection may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    pub header_timeout: std::time::Duration,
    pub body_timeout: std::time::Duration,
    pub idle_timeout: std::time::Duration,
    pub max_header_bytes: u32,
    pub max_headers: usize,
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    pub max_streams: u32,
    /// How long requests that run may take once the door closes.
    pub drain: std::time::Duration,
    /// Whose word about the client's address is believed.
    pub trusted_proxies: Arc<[IpNet]>,
}

impl Limits {
    pub fn new(public: &config::Public, shutdown: &config::Shutdown) -> Self {
        Self {
            header_timeout: public.header_timeout.get(),
            body_timeout: public.body_timeout.get(),
            idle_timeout: public.idle_timeout.get(),
            max_header_bytes: public.max_header_bytes,
            max_headers: public.max_headers,
            max_connections: public.max_connections,
            max_connections_per_address: public.max_connections_per_address,
            max_streams: public.max_streams,
            drain: shutdown.drain.get(),
            trusted_proxies: public.trusted_proxies.clone().into(),
        }
    }
}

/// Binds `address`; port 0 takes any that is free.
///
/// # Errors
/// The address is taken or not ours, in words that name it.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    use anyhow::Context as _;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on"))
}

/// Serves `router` on `listener` until `closing` is cancelled, then drains: returns when the last connection is
/// closed, after `limits.drain` at the latest.
#[expect(
    clippy::disallowed_methods,
    reason = "a drain deadline is about sockets and therefore real time"
)]
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, closing: CancellationToken) {
    let connections = TaskTracker::new();
    let aborting = CancellationToken::new();
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let shares = Shares::new(
        limits.max_connections_per_address,
        Arc::clone(&limits.trusted_proxies),
    );
    loop {
        let next = async {
            // A place first: while there is none, new connections wait in the operating system's queue.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = closing.cancelled() => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(share) = shares.take(peer.ip()) else {
                    tracing::debug!(client.address = %peer.ip(), "an address has its share of connections; this one is closed");
                    continue;
                };
                let connection =
                    connection::serve(stream, peer, router.clone(), limits.clone(), closing.clone());
                let aborting = aborting.clone();
                connections.spawn(async move {
                    let _held = (place, share);
                    tokio::select! {
                        () = connection => {}
                        () = aborting.cancelled() => {}
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: connections that end give some back, so wait rather than spin.
                tracing::warn!(error = %error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.drain, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "the drain deadline passed; the remaining connections are cut"
        );
        aborting.cancel();
        connections.wait().await;
    }
}

#[cfg(test)]
mod tests;
