//! What a registration must be: the body, its URL and its events (Webhooks API v1, 2026-04).

use std::net::IpAddr;

use serde::Deserialize;
use url::{Host, Url};

use crate::problem::Refusal;
use crate::webhooks::kinds;

/// The ports that Vipps calls.
const PORTS: [u16; 3] = [80, 443, 8080];

/// A registration asked for, not yet entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) url: Url,
    /// As the caller spelled it; that is what a list gives back.
    pub(crate) spelled: String,
    /// Each once, in the caller's order.
    pub(crate) events: Vec<String>,
}

#[derive(Deserialize)]
struct Body {
    url: Option<String>,
    events: Option<Vec<String>>,
}

/// Reads the body of a registration. `loopback` opens plain HTTP, any port and loopback hosts, for
/// tests that receive on their own machine.
///
/// # Errors
/// 400, naming every field that is wrong.
pub(crate) fn parse(body: &[u8], loopback: bool) -> Result<Wanted, Refusal> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| Refusal::field("$", &format!("The JSON value could not be converted: {error}")))?;
    let mut wrong = Vec::new();
    let spelled = body.url.unwrap_or_default();
    let url = match url(&spelled, loopback) {
        Ok(url) => Some(url),
        Err(reason) => {
            wrong.push(("url".to_owned(), reason));
            None
        }
    };
    let mut events = Vec::new();
    match body.events {
        None => wrong.push(("events".to_owned(), "The events field is required.".to_owned())),
        Some(given) if given.is_empty() => {
            wrong.push(("events".to_owned(), "At least one event is required.".to_owned()));
        }
        Some(given) => {
            for event in given {
                if !kinds::is_known(&event) {
                    wrong.push((
                        "events".to_owned(),
                        format!("The event type '{event}' is not supported."),
                    ));
                } else if !events.contains(&event) {
                    events.push(event);
                }
            }
        }
    }
    match url {
        Some(url) if wrong.is_empty() => Ok(Wanted { url, spelled, events }),
        Some(_) | None => Err(Refusal::fields(wrong)),
    }
}

fn url(text: &str, loopback: bool) -> Result<Url, String> {
    if text.is_empty() {
        return Err("The url field is required.".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("The url is not valid: {error}."))?;
    let Some(host) = url.host() else {
        return Err("The url must be absolute.".to_owned());
    };
    let own_machine = is_loopback(&host);
    if loopback && own_machine && matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err("The url must use HTTPS.".to_owned());
    }
    if own_machine || is_private(&host) {
        return Err("The url must be reachable from the internet.".to_owned());
    }
    match url.port_or_known_default() {
        Some(port) if PORTS.contains(&port) => Ok(url),
        Some(_) | None => Err("The url must use one of the ports 80, 443 and 8080.".to_owned()),
    }
}

pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}

fn is_private(host: &Host<&str>) -> bool {
    let address = match host {
        Host::Domain(name) => return !name.contains('.'),
        Host::Ipv4(address) => IpAddr::V4(*address),
        Host::Ipv6(address) => address.to_canonical(),
    };
    match address {
        IpAddr::V4(it) => it.is_private() || it.is_link_local() || it.is_unspecified(),
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local() || it.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> Option<String> {
        let body = serde_json::json!({ "url": url, "events": ["epayments.payment.captured.v1"] });
        parse(body.to_string().as_bytes(), false)
            .err()
            .map(|refusal| refusal.details[0].1.clone())
    }

    #[test]
    fn a_url_is_https_on_a_common_port_of_a_public_host() {
        for url in [
            "https://example.com/hooks",
            "https://example.com:443/a?b=c",
            "https://example.com:8080/",
            "https://example.com:80/",
        ] {
            assert_eq!(refused(url), None, "{url}");
        }
    }

    #[test]
    fn every_other_url_is_refused_and_says_why() {
        let cases = [
            ("http://example.com/hooks", "HTTPS"),
            ("ftp://example.com/hooks", "HTTPS"),
            ("https://example.com:8443/hooks", "ports"),
            ("https://localhost/hooks", "internet"),
            ("https://127.0.0.1/hooks", "internet"),
            ("https://[::1]/hooks", "internet"),
            ("https://10.0.0.7/hooks", "internet"),
            ("https://intranet/hooks", "internet"),
            ("/hooks", "not valid"),
            ("", "required"),
        ];
        for (url, why) in cases {
            assert!(
                refused(url).is_some_and(|reason| reason.contains(why)),
                "{url}: {:?}",
                refused(url)
            );
        }
    }

    #[test]
    fn a_loopback_url_is_taken_in_plain_http_only_when_that_is_opened() {
        let body = br#"{"url":"http://127.0.0.1:3000/hooks","events":["epayments.payment.captured.v1"]}"#;
        assert!(parse(body, false).is_err());
        assert!(parse(body, true).is_ok());
        let elsewhere = br#"{"url":"http://example.com/hooks","events":["epayments.payment.captured.v1"]}"#;
        assert!(parse(elsewhere, true).is_err());
    }

    #[test]
    fn events_must_be_given_and_known_and_count_once() {
        let with = |events: &str| {
            parse(
                format!(r#"{{"url":"https://example.com/a","events":{events}}}"#).as_bytes(),
                false,
            )
        };
        assert!(with("[]").is_err());
        assert!(with(r#"["epayments.payment.settled.v1"]"#).is_err());
        let twice = with(r#"["user.checked-in.v1","user.checked-in.v1"]"#);
        assert_eq!(twice.map(|wanted| wanted.events.len()), Ok(1));
        assert!(parse(br#"{"url":"https://example.com/a"}"#, false).is_err());
        assert!(parse(b"not json", false).is_err());
    }
}
