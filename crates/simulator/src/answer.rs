//! What a handler gives back: an answer as bytes, so that faults can spoil it and the ring keep it.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: Option<String>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

impl Answer {
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::typed(status, "application/json", body)
    }

    /// A JSON body under another content type, as the problems have one.
    pub fn typed(status: StatusCode, content_type: &str, body: &impl Serialize) -> Self {
        // Only maps with keys that are no strings fail, and none is ever given.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self {
            status,
            content_type: Some(content_type.to_owned()),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if let Some(value) = self.content_type.and_then(|it| HeaderValue::from_str(&it).ok()) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
