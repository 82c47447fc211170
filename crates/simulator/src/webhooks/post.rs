//! The HTTP request of one delivery. Only this machine is called unless a dial says otherwise.

use std::time::Duration;

use bytes::Bytes;
use http::header;
use url::Url;

use crate::webhooks::delivery::AttemptOutcome;
use crate::webhooks::dials::WebhookDials;
use crate::webhooks::rules;
use crate::webhooks::signature::Signature;

/// Where the bytes of a delivery really go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    At(Url),
    Withheld,
}

/// Decides where a delivery for the registered `url`, signed for `host`, goes.
pub(crate) fn target(dials: &WebhookDials, url: &Url, host: &str) -> Target {
    let via = dials
        .deliver_via
        .get(host)
        .filter(|address| address.ip().is_loopback());
    let Some(own_host) = url.host() else {
        return Target::Withheld;
    };
    if let Some(address) = via {
        let mut there = url.clone();
        let moved = there.set_scheme("http").is_ok()
            && there.set_ip_host(address.ip()).is_ok()
            && there.set_port(Some(address.port())).is_ok();
        return if moved {
            Target::At(there)
        } else {
            Target::Withheld
        };
    }
    if dials.any_target {
        return Target::At(url.clone());
    }
    if !rules::is_loopback(&own_host) {
        return Target::Withheld;
    }
    let mut here = url.clone();
    // A name is not asked of any resolver: `localhost` is this machine and nothing else.
    let pinned = !matches!(own_host, url::Host::Domain(_)) || here.set_host(Some("127.0.0.1")).is_ok();
    if pinned {
        Target::At(here)
    } else {
        Target::Withheld
    }
}

/// The client of all deliveries: it follows no redirect, keeps no connection and knows no proxy.
pub(crate) fn client() -> Option<reqwest::Client> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulator has one client of its own: it plays Vipps' sender"
    )]
    let builder = reqwest::Client::builder();
    builder
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()
        .inspect_err(|error| tracing::error!(%error, "could not build the client of the deliveries"))
        .ok()
}

/// A delivery made ready to send.
pub(crate) struct Post {
    pub(crate) signature: Signature,
    pub(crate) webhook_id: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) answer_within: Duration,
}

pub(crate) async fn send(client: &reqwest::Client, to: Url, post: Post) -> AttemptOutcome {
    let mut request = client
        .post(to)
        .timeout(post.answer_within)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::HOST, post.signature.host)
        .header("x-ms-date", post.signature.date)
        .header("x-ms-content-sha256", post.signature.content_hash)
        .header(header::AUTHORIZATION, post.signature.authorization)
        .body(post.body);
    if let Some(id) = post.webhook_id {
        request = request.header("Webhook-Id", id);
    }
    match request.send().await {
        Ok(response) => AttemptOutcome::Answered(response.status().as_u16()),
        Err(error) if error.is_timeout() => AttemptOutcome::TimedOut,
        Err(_) => AttemptOutcome::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dials: &WebhookDials, url: &str) -> Option<String> {
        let url: Url = url.parse().unwrap();
        let host = url.host_str().unwrap().to_owned();
        match target(dials, &url, &host) {
            Target::At(url) => Some(url.to_string()),
            Target::Withheld => None,
        }
    }

    #[test]
    fn only_this_machine_is_called_unless_a_dial_opens_the_rest() {
        let mut dials = WebhookDials::default();
        assert_eq!(of(&dials, "https://example.com/a"), None);
        assert_eq!(of(&dials, "http://10.0.0.7/a"), None);
        assert_eq!(
            of(&dials, "http://127.0.0.1:3000/a?b").as_deref(),
            Some("http://127.0.0.1:3000/a?b")
        );
        assert_eq!(
            of(&dials, "http://localhost:3000/a").as_deref(),
            Some("http://127.0.0.1:3000/a")
        );
        dials.any_target = true;
        assert_eq!(
            of(&dials, "https://example.com/a").as_deref(),
            Some("https://example.com/a")
        );
    }

    #[test]
    fn a_public_host_can_be_played_by_an_address_of_this_machine_and_by_no_other() {
        let mut dials = WebhookDials::default();
        dials
            .deliver_via
            .insert("example.com".to_owned(), "127.0.0.1:4000".parse().unwrap());
        dials
            .deliver_via
            .insert("example.org".to_owned(), "10.0.0.7:4000".parse().unwrap());
        assert_eq!(
            of(&dials, "https://example.com/a?b").as_deref(),
            Some("http://127.0.0.1:4000/a?b")
        );
        assert_eq!(of(&dials, "https://example.org/a"), None);
    }
}
