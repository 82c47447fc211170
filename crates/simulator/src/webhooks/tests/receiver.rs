//! A receiver of webhooks on this machine that answers as it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode, Uri, header};
use sha2::{Digest as _, Sha256};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::lock::Held as _;

pub(super) struct Received {
    pub(super) path: String,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Clone)]
enum Reply {
    Status(StatusCode),
    Redirect(String),
    /// No answer, ever.
    Silence,
}

#[derive(Clone)]
struct Shared {
    received: Arc<Mutex<Vec<Received>>>,
    reply: Arc<Mutex<Reply>>,
    /// Refuses the deliveries of this event, whatever the reply.
    refused: Arc<Mutex<Option<&'static str>>>,
}

pub(super) struct Receiver {
    address: std::net::SocketAddr,
    shared: Shared,
    _server: AbortOnDropHandle<()>,
}

impl Receiver {
    pub(super) async fn start(status: StatusCode) -> Self {
        let shared = Shared {
            received: Arc::default(),
            reply: Arc::new(Mutex::new(Reply::Status(status))),
            refused: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(receive).with_state(shared.clone());
        let server = TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            _server: AbortOnDropHandle::new(server),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    pub(super) fn answer(&self, status: StatusCode) {
        *self.shared.reply.held() = Reply::Status(status);
    }

    pub(super) fn redirect(&self, to: &str) {
        *self.shared.reply.held() = Reply::Redirect(to.to_owned());
    }

    pub(super) fn fall_silent(&self) {
        *self.shared.reply.held() = Reply::Silence;
    }

    pub(super) fn refuse(&self, event: Option<&'static str>) {
        *self.shared.refused.held() = event;
    }

    pub(super) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.shared.received.held())
    }

    /// What came since the last look, as `reference NAME`.
    pub(super) fn events(&self) -> Vec<String> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let received = self.received();
        received
            .iter()
            .map(|it| format!("{} {}", text(&it.json()["reference"]), text(&it.json()["name"])))
            .collect()
    }
}

async fn receive(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let received = Received {
        path: uri.to_string(),
        headers,
        body,
    };
    let name = received.json()["name"].as_str().unwrap_or_default().to_owned();
    shared.received.held().push(received);
    if *shared.refused.held() == Some(name.as_str()) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let reply = shared.reply.held().clone();
    match reply {
        Reply::Status(status) => status.into_response(),
        Reply::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response(),
        Reply::Silence => std::future::pending().await,
    }
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks the signature as a partner would, from the headers and the raw body alone.
    pub(super) fn is_signed_with(&self, secret: &str) -> bool {
        let hash = STANDARD.encode(Sha256::digest(&self.body));
        let date = self.header("x-ms-date");
        let text = format!("POST\n{}\n{date};{};{hash}", self.path, self.header("host"));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let expected =
            format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
        hash == self.header("x-ms-content-sha256") && expected == self.header("authorization")
    }
}
