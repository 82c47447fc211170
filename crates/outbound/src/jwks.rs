//! Fetching an issuer's public keys from the URL that a partner named.

use std::fmt;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, Request};
use url::Url;

use crate::client::SetupError;
use crate::exchange::Lost;
use crate::guard::{Guard, Stopped};
pub use crate::guard::{Refused, Settings};

/// The guarded way to key sets. It remembers nothing: who asks decides how often.
#[derive(Clone)]
pub struct Jwks(Guard);

/// No key set came. The gateway keeps the last good one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a URL at all.
    #[error("it is not a URL")]
    NotAUrl,
    /// The URL may not be followed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No connection, no answer in time, a broken or too long answer.
    #[error("the key set could not be fetched: {0}")]
    Unavailable(String),
    /// Anything but 200; a redirect is not followed.
    #[error("the key set's address answered with status {0}")]
    Status(u16),
    /// The answer is not text.
    #[error("the key set is not UTF-8 text")]
    NotText,
}

/// Far above any published key set.
const MOST_BYTES: usize = 256 << 10;

impl Jwks {
    /// # Errors
    /// The HTTP client could not be set up.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        Guard::new(settings).map(Self)
    }

    /// `GET url`: the body of a 200 of at most 256 KiB, unread otherwise. No redirect is followed.
    ///
    /// # Errors
    /// [`Error`]; none of them repeats what the other side said.
    pub async fn fetch(&self, url: &str) -> Result<String, Error> {
        let url = Url::parse(url).map_err(|_| Error::NotAUrl)?;
        let mut request = Request::new(Method::GET, url);
        request.headers_mut().insert(
            ACCEPT,
            HeaderValue::from_static("application/jwk-set+json, application/json"),
        );
        let answer = match self.0.exchange(request, MOST_BYTES).await {
            Ok(answer) => answer,
            Err(Stopped::Refused(refused)) => return Err(refused.into()),
            Err(Stopped::Lost(Lost::NotSent(reason) | Lost::Unknown(reason))) => {
                return Err(Error::Unavailable(reason));
            }
        };
        if answer.status != 200 {
            return Err(Error::Status(answer.status));
        }
        String::from_utf8(answer.body).map_err(|_| Error::NotText)
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwks")
    }
}
