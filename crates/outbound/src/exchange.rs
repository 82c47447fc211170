//! One request, one answer, or an honest word about why there is none.

use std::error::Error as _;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Request, Response};

/// An answer as it came, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// No answer, and what that means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    /// No connection came about: not a byte of the request left.
    NotSent(String),
    /// The request may have arrived.
    Unknown(String),
}

/// Sends once. Only an error of connecting proves that nothing left; whatever else goes wrong may have
/// gone wrong after the other side read the request.
pub(crate) async fn exchange(client: &Client, request: Request, most_bytes: usize) -> Result<Answer, Lost> {
    let response = client.execute(request).await?;
    answer_of(response, most_bytes).await
}

/// Reads the answer to its end, if that comes soon enough.
pub(crate) async fn answer_of(mut response: Response, most_bytes: usize) -> Result<Answer, Lost> {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);

    let too_long = || {
        Lost::Unknown(format!(
            "the answer (status {status}) is longer than {most_bytes} bytes"
        ))
    };
    let announced = response
        .content_length()
        .map_or(Some(0), |length| usize::try_from(length).ok());
    let mut body = match announced {
        Some(length) if length <= most_bytes => Vec::with_capacity(length),
        Some(_) | None => return Err(too_long()),
    };
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most_bytes {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        retry_after,
        body,
    })
}

impl From<reqwest::Error> for Lost {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NotSent(format!("no connection: {}", innermost(&error)))
        } else if error.is_timeout() {
            Self::Unknown("no answer within the time allowed".to_owned())
        } else if error.is_body() || error.is_decode() {
            Self::Unknown(format!("the answer broke off: {}", innermost(&error)))
        } else {
            Self::Unknown(format!(
                "the connection ended without an answer: {}",
                innermost(&error)
            ))
        }
    }
}

/// The deepest cause: libraries wrap it in sentences that add only the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut deepest: Option<&dyn std::error::Error> = error.source();
    while let Some(next) = deepest.and_then(std::error::Error::source) {
        deepest = Some(next);
    }
    deepest.map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}
