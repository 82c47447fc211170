//! A Vipps made of bare sockets, for what no HTTP server would do on purpose.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::upstream::granted;

/// Runs beside the test and ends with it.
pub(crate) fn beside(work: impl Future<Output = ()> + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "a server of the test's own")]
    drop(tokio::spawn(work));
}

#[derive(Clone)]
pub(crate) struct Sockets {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Sockets {
    /// Each connection, numbered from 1, is given to `serve`.
    pub(crate) async fn start<F>(serve: impl Fn(usize, Connection) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sockets = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let counters = sockets.clone();
        beside(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counters.connections.fetch_add(1, Ordering::SeqCst) + 1;
                let requests = counters.requests.clone();
                beside(serve(number, Connection { stream, requests }));
            }
        });
        sockets
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests that arrived whole, token calls included.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            requests: Arc::default(),
        }
    }

    /// Reads one request; `None` when the other side hung up.
    pub(crate) async fn read(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        loop {
            if let Some(whole) = whole(&bytes) {
                self.requests.fetch_add(1, Ordering::SeqCst);
                return Some(whole);
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            }
        }
    }

    pub(crate) async fn write(&mut self, text: &str) {
        // The other side may be gone already: that is some tests' point.
        let _gone = self.stream.write_all(text.as_bytes()).await;
    }

    /// Answers the token call that comes first on a fresh client.
    pub(crate) async fn give_token(&mut self) {
        let request = self.read().await.unwrap_or_default();
        assert!(request.starts_with("POST /accesstoken/get "), "{request}");
        self.write(&with_length(200, &granted("token-1", 3600))).await;
    }

    /// A reset instead of an orderly end.
    pub(crate) fn reset(self) {
        let _closed = self.stream.set_zero_linger();
    }
}

fn whole(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length: usize = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    (body.len() >= length).then(|| text.to_owned())
}

pub(crate) fn with_length(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}
