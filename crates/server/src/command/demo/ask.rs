//! A partner's HTTP client.

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use url::form_urlencoded::Serializer;

pub(super) struct Ask {
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came over the wire.
pub(super) struct Answer {
    pub(super) status: u16,
    /// JSON, or text in a string.
    pub(super) body: Value,
}

/// One call of a partner.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) token: &'a str,
    /// What the call must not do twice, when it moves money.
    pub(super) key: Option<&'a str>,
    pub(super) body: Option<&'a Value>,
}

impl Ask {
    pub(super) fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub(super) async fn call(&self, call: &Call<'_>) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(call.url)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", call.token));
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key);
        }
        let bytes = match call.body {
            None => Bytes::new(),
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                serde_json::to_vec(body)?.into()
            }
        };
        self.send(request.body(Full::new(bytes))?).await
    }

    /// The client credentials grant (RFC 6749, section 4.4).
    pub(super) async fn token(&self, url: &str, client: &str, secret: &str) -> anyhow::Result<Answer> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", client)
            .append_pair("client_secret", secret)
            .finish();
        let request = Request::post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(form.into()))?;
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = self
            .client
            .request(request)
            .await
            .with_context(|| format!("{what} got no answer"))?;
        let status = answer.status().as_u16();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .with_context(|| format!("{what} got half an answer"))?
            .to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
        Ok(Answer { status, body })
    }
}
