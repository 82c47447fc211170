//! A partner's requests over HTTP, each on a connection of its own.

use std::fmt;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use testkit::{Answer, contract};

#[derive(Clone)]
pub(crate) struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
    token: String,
}

/// A request as the partner keeps it, to send it again word by word.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) method: Method,
    /// Below the sales unit.
    pub(crate) path: String,
    pub(crate) msn: String,
    pub(crate) key: Option<String>,
    pub(crate) body: Option<Value>,
}

impl Letter {
    pub(crate) fn get(msn: &str, path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            msn: msn.to_owned(),
            key: None,
            body: None,
        }
    }

    pub(crate) fn post(msn: &str, path: &str, key: &str, body: Option<Value>) -> Self {
        Self {
            method: Method::POST,
            key: Some(key.to_owned()),
            body,
            ..Self::get(msn, path)
        }
    }
}

/// No answer came: the gateway is not there, or went while it was asked.
#[derive(Debug)]
pub(crate) struct Silence(String);

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Caller {
    pub(crate) fn new(address: &str, token: &str) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build_http();
        Self {
            client,
            address: address.to_owned(),
            token: token.to_owned(),
        }
    }

    /// The same gateway, asked with another token.
    pub(crate) fn with(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends it and waits for the answer, which must be one that the API's document foresees.
    pub(crate) async fn ask(&self, letter: &Letter, wait: u32) -> Result<Answer, Silence> {
        let path = format!("/v1/sales-units/{}{}", letter.msn, letter.path);
        let mut request = Request::builder()
            .method(&letter.method)
            .uri(format!("http://{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token))
            .header("prefer", format!("wait={wait}"));
        if let Some(key) = &letter.key {
            request = request.header("idempotency-key", key);
        }
        let bytes = match &letter.body {
            None => Bytes::new(),
            Some(body) => {
                request = request.header("content-type", "application/json");
                body.to_string().into()
            }
        };
        self.send(
            letter.method.clone(),
            &path,
            request.body(Full::new(bytes)).unwrap(),
        )
        .await
    }

    /// Fetches a token as a client of the gateway's own issuer.
    pub(crate) async fn fetch_token(&self, client: &str, secret: &str) -> Result<Answer, Silence> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", client)
            .append_pair("client_secret", secret)
            .finish();
        let path = "/oauth/token";
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{path}", self.address))
            .header("content-type", "application/x-www-form-urlencoded");
        let body = Full::new(form.into());
        self.send(Method::POST, path, request.body(body).unwrap()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Silence> {
        let silence = |error: &dyn std::error::Error| Silence(format!("{path}: {error}"));
        let response = self.client.request(request).await;
        let (head, body) = response.map_err(|error| silence(&error))?.into_parts();
        let answer = Answer {
            asked: format!("{method} {path}"),
            status: head.status.as_u16(),
            headers: head.headers,
            bytes: body.collect().await.map_err(|error| silence(&error))?.to_bytes(),
        };
        contract::check(&method, path, &answer);
        Ok(answer)
    }

    pub(crate) async fn get(&self, msn: &str, path: &str) -> Answer {
        self.ask(&Letter::get(msn, path), 15).await.unwrap()
    }
}
