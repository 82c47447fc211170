//! The gateway behind a real socket, for what only sockets can do: hang up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use server::config;
use server::listen::{self, Limits};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::Gateway;

/// A listener as the server opens it. Closed when dropped.
pub struct Listener {
    pub address: SocketAddr,
    hung_up: Arc<AtomicUsize>,
    _closing: DropGuard,
}

impl Listener {
    pub async fn open(gateway: &Gateway) -> Self {
        let config = config::load(None, std::iter::empty()).unwrap();
        let listener = listen::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hung_up = Arc::<AtomicUsize>::default();
        let router = gateway
            .router
            .clone()
            .layer(from_fn_with_state(Arc::clone(&hung_up), watch));
        let router = listen::front(router, Arc::clone(gateway.world.app.clock()));
        let closing = CancellationToken::new();
        let limits = Limits::new(&config.public, &config.shutdown);
        let serving = listen::serve(listener, router, limits, closing.clone());
        TaskTracker::new().spawn(serving);
        Self {
            address,
            hung_up,
            _closing: closing.drop_guard(),
        }
    }

    /// How many requests were given up by their callers before they were answered, as the server noticed.
    pub fn hung_up(&self) -> usize {
        self.hung_up.load(Ordering::SeqCst)
    }

    /// Sends a request whole and leaves the connection to the caller of this.
    pub async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}

async fn watch(State(hung_up): State<Arc<AtomicUsize>>, request: Request, next: Next) -> Response {
    let mut left = Left(Some(hung_up));
    let response = next.run(request).await;
    left.0 = None;
    response
}

/// Counts when the handler's future is dropped before its end.
struct Left(Option<Arc<AtomicUsize>>);

impl Drop for Left {
    fn drop(&mut self) {
        if let Some(hung_up) = self.0.take() {
            hung_up.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Lets everybody else run until `done`.
pub async fn until(mut done: impl FnMut() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}
