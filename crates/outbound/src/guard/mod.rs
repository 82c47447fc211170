//! The client for addresses that a partner wrote.
//!
//! A partner may name any URL, and the gateway stands where the partner cannot: next to databases,
//! metadata services and other people's machines. So a URL is followed only to public addresses, or to
//! those that the operator excepted. The check sits where names become addresses: what passed is what is
//! connected to, so a name that changes between a check and a connection gains nothing.

mod range;
mod resolver;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::{Client, Request};
use url::{Host, Url};

pub(crate) use range::is_public;
use resolver::Guarded;

use crate::client::{SetupError, Timeouts, build, builder};
use crate::exchange::{Answer, Lost, answer_of};

/// Limits for partner-supplied URLs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Addresses inside these ranges are allowed although they are not public, and over plain HTTP.
    pub exceptions: Vec<IpNet>,
    pub timeouts: Timeouts,
}

/// A URL that is not followed, and why. Nothing has been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the URL must use https")]
    Scheme,
    #[error("the URL must not hold a user name or a password")]
    Credentials,
    #[error("the URL has no host")]
    Host,
    #[error("the URL's host is not at a public address")]
    Address,
}

/// Two clients, since the address rules differ: over TLS to public and excepted addresses, in the clear to
/// excepted ones only.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    exceptions: Arc<[IpNet]>,
    secure: Client,
    plain: Client,
}

/// What the guard did with a request.
#[derive(Debug)]
pub(crate) enum Stopped {
    Refused(Refused),
    Lost(Lost),
}

impl Guard {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let exceptions: Arc<[IpNet]> = settings.exceptions.clone().into();
        let client = |public| {
            // No connection is kept: a partner's host is rarely asked twice, and a kept one would outlive
            // the look-up that allowed it.
            build(
                builder(settings.timeouts)
                    .pool_max_idle_per_host(0)
                    .dns_resolver(Guarded::new(public, Arc::clone(&exceptions))),
            )
        };
        Ok(Self {
            secure: client(true)?,
            plain: client(false)?,
            exceptions,
        })
    }

    /// Sends once, if the URL may be followed.
    pub(crate) async fn exchange(&self, request: Request, most_bytes: usize) -> Result<Answer, Stopped> {
        let secure = self.check(request.url()).map_err(Stopped::Refused)?;
        let client = if secure { &self.secure } else { &self.plain };
        let response = match client.execute(request).await {
            Ok(response) => response,
            Err(error) if resolver::was_refused(&error) => return Err(Stopped::Refused(Refused::Address)),
            Err(error) => return Err(Stopped::Lost(error.into())),
        };
        // The look-up was guarded already; the socket has the last word before a byte of the answer is used.
        match response.remote_addr() {
            Some(peer) if self.allows(peer.ip(), secure) => {}
            Some(_) | None => return Err(Stopped::Refused(Refused::Address)),
        }
        answer_of(response, most_bytes).await.map_err(Stopped::Lost)
    }

    /// What can be told from the URL alone; `true` = over TLS. An address written in the URL never meets
    /// the resolver, so it is checked here.
    fn check(&self, url: &Url) -> Result<bool, Refused> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Refused::Scheme),
        };
        if !secure && self.exceptions.is_empty() {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let address = match url.host() {
            None => return Err(Refused::Host),
            Some(Host::Domain(_)) => return Ok(secure),
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        if self.allows(address, secure) {
            Ok(secure)
        } else if secure {
            Err(Refused::Address)
        } else {
            Err(Refused::Scheme)
        }
    }

    fn allows(&self, address: IpAddr, public: bool) -> bool {
        allows(address, public, &self.exceptions)
    }
}

fn allows(address: IpAddr, public: bool, exceptions: &[IpNet]) -> bool {
    let address = address.to_canonical();
    (public && is_public(address)) || exceptions.iter().any(|range| range.contains(&address))
}
