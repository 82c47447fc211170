//! A Vipps that says what it is told to say, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::socket::beside;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) struct Say {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn say(status: u16, body: impl Into<Vec<u8>>) -> Say {
    Say {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.into(),
    }
}

impl Say {
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }
}

#[derive(Default)]
struct Script {
    seen: Vec<Seen>,
    /// Answers of the token service, then `token-1`, `token-2`, … for an hour each.
    tokens: VecDeque<Say>,
    tokens_given: u64,
    answers: VecDeque<Say>,
    revoked: Vec<String>,
    /// While set, the token service waits.
    gate: Option<Arc<Notify>>,
}

#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
    arrived: Arc<Notify>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::default(),
            arrived: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(upstream.clone());
        beside(async move { axum::serve(listener, router).await.unwrap() });
        upstream
    }

    pub(crate) fn answers(&self, answer: Say) {
        self.script.lock().unwrap().answers.push_back(answer);
    }

    pub(crate) fn token_answers(&self, answer: Say) {
        self.script.lock().unwrap().tokens.push_back(answer);
    }

    /// From now on every call with this token is answered with 401.
    pub(crate) fn revoke(&self, token: &str) {
        self.script
            .lock()
            .unwrap()
            .revoked
            .push(format!("Bearer {token}"));
    }

    /// Lets the token service wait until the gate is notified.
    pub(crate) fn hold_tokens(&self) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        self.script.lock().unwrap().gate = Some(gate.clone());
        gate
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    pub(crate) fn token_calls(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(is_token_call).collect()
    }

    pub(crate) fn calls(&self) -> Vec<Seen> {
        self.seen()
            .into_iter()
            .filter(|seen| !is_token_call(seen))
            .collect()
    }

    /// Waits until so many token calls arrived.
    pub(crate) async fn token_calls_are(&self, count: usize) {
        loop {
            let next = self.arrived.notified();
            if self.token_calls().len() >= count {
                return;
            }
            next.await;
        }
    }
}

fn is_token_call(seen: &Seen) -> bool {
    seen.path == "/accesstoken/get"
}

async fn answer(
    State(upstream): State<Upstream>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let seen = Seen {
        method,
        path: uri.to_string(),
        headers,
        body,
    };
    let token = is_token_call(&seen);
    let revoked;
    let gate = {
        let mut script = upstream.script.lock().unwrap();
        revoked = seen
            .header("authorization")
            .is_some_and(|bearer| script.revoked.iter().any(|known| known == bearer));
        script.seen.push(seen);
        script.gate.clone().filter(|_| token)
    };
    upstream.arrived.notify_waiters();
    if let Some(gate) = gate {
        gate.notified().await;
        gate.notify_one();
    }
    let said = {
        let mut script = upstream.script.lock().unwrap();
        if token {
            script.tokens.pop_front().unwrap_or_else(|| {
                script.tokens_given += 1;
                say(200, granted(&format!("token-{}", script.tokens_given), 3600))
            })
        } else if revoked {
            say(401, "{}")
        } else {
            script.answers.pop_front().unwrap_or_else(|| say(500, "{}"))
        }
    };
    let mut response = Response::builder().status(said.status);
    for (name, value) in said.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(said.body)).unwrap()
}

/// The token service's answer, every value a string.
pub(crate) fn granted(token: &str, seconds: u32) -> String {
    format!(
        r#"{{"token_type":"Bearer","expires_in":"{seconds}","expires_on":"1795262400","access_token":"{token}"}}"#
    )
}
