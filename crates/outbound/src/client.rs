//! The one factory of HTTP clients.

use std::time::Duration;

use domain::Environment;
use reqwest::{ClientBuilder, redirect, retry};

/// How long sockets may take. These are real time: the one exception to the house's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to come about, name look-up and TLS included.
    pub connect: Duration,
    /// For the whole exchange, from the first byte out to the last byte in.
    pub answer: Duration,
    /// How long an idle connection is kept. Must be shorter than the other side's patience, or requests
    /// are written to connections that are being closed and end as unknown.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(20),
            idle: Duration::from_secs(20),
        }
    }
}

/// The way out could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No TLS roots, or no memory for them.
    #[error("could not set up an HTTP client")]
    Client(#[source] reqwest::Error),
    /// Found before the first call, because afterwards every one would end as unknown.
    #[error("the address of Vipps' {0} environment must be an http or https URL without a query")]
    Address(Environment),
}

/// Idle connections kept per host: enough for a burst, bounded for the file table.
const MOST_IDLE: usize = 512;

/// What every client of this house has in common. A redirect is an answer and never followed, since keys
/// would be sent to the next host; nothing is sent twice by a library; the environment chooses no proxy.
/// HTTP/1.1 only: one exchange per connection, so a slow answer delays no other and a refused stream
/// cannot be mistaken for an answer.
pub(crate) fn builder(timeouts: Timeouts) -> ClientBuilder {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the factory that everybody else is sent to"
    )]
    let builder = reqwest::Client::builder();
    builder
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.answer)
        .pool_idle_timeout(timeouts.idle)
        .pool_max_idle_per_host(MOST_IDLE)
        .user_agent(concat!("nordbro/", env!("CARGO_PKG_VERSION")))
}

pub(crate) fn build(builder: ClientBuilder) -> Result<reqwest::Client, SetupError> {
    builder.build().map_err(SetupError::Client)
}
