//! Whether a host answers at all: for whoever sets a gateway up. No key, no token and no body leaves.

use reqwest::header::DATE;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use crate::client::{self, SetupError, Timeouts};
use crate::exchange::Lost;

/// What a host said to `HEAD /`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Any status proves name, route, TLS and a server behind it.
    pub status: u16,
    /// The host's own clock, to the second.
    pub date: Option<OffsetDateTime>,
}

/// Why a host was not reached, in words that name neither keys nor addresses.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("{0}")]
    Lost(String),
}

/// Asks `url` for its head, once, over a connection of its own.
///
/// # Errors
/// [`Unreached`]: no name, no connection, no TLS or no answer in time.
pub async fn reach(url: &Url, timeouts: Timeouts) -> Result<Reached, Unreached> {
    let client = client::build(client::builder(timeouts))?;
    let answer = client.head(url.clone()).send().await.map_err(|error| {
        let (Lost::NotSent(reason) | Lost::Unknown(reason)) = Lost::from(error);
        Unreached::Lost(reason)
    })?;
    let date = answer.headers().get(DATE).and_then(|value| value.to_str().ok());
    Ok(Reached {
        status: answer.status().as_u16(),
        date: date.and_then(moment),
    })
}

/// `Tue, 15 Nov 1994 08:12:31 GMT` (RFC 9110, section 5.6.7, the form that servers must write).
fn moment(text: &str) -> Option<OffsetDateTime> {
    let text = text.strip_suffix("GMT")?;
    OffsetDateTime::parse(&format!("{text}+0000"), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(
            moment("Tue, 15 Nov 1994 08:12:31 GMT"),
            Some(datetime!(1994-11-15 08:12:31 UTC))
        );
        assert_eq!(moment("yesterday"), None);
    }

    #[tokio::test]
    async fn any_status_is_reached_and_a_closed_port_is_not() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let mut serving = tokio::task::JoinSet::new();
        let router = Router::new().route("/elsewhere", get(async || "here"));
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let reached = reach(&url, Timeouts::default()).await.unwrap();
        assert_eq!(reached.status, 404);
        assert!(reached.date.is_some());
        serving.shutdown().await;
        let unreached = reach(&url, Timeouts::default()).await.unwrap_err().to_string();
        assert!(unreached.starts_with("no connection: "), "{unreached}");
    }
}
