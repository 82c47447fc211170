//! What the settings mean for the world outside, where no single key is wrong.

use std::net::IpAddr;

use url::{Host, Url};

use super::report::Check;
use crate::config::Config;

pub(super) fn check(config: &Config) -> Vec<Check> {
    let mut checks = vec![Check::ok("configuration", "every setting is known and in range")];
    for (key, instead) in config.without_effect() {
        checks.push(Check::warning(
            "without effect",
            format!("{key} is set; in this release {instead}"),
            format!("remove {key}"),
        ));
    }
    checks.push(public_url(config));
    for (key, url) in [
        ("vipps.test.url", &config.vipps.test.url),
        ("vipps.production.url", &config.vipps.production.url),
    ] {
        if url.scheme() != "https" && !is_here(url) {
            checks.push(Check::failed(
                "keys in the clear",
                format!("{key} is not https: access tokens and keys would travel readable"),
                format!("write {key} with https://"),
            ));
        }
    }
    checks
}

fn public_url(config: &Config) -> Check {
    const NAME: &str = "public url";
    let shown = config.public_url();
    let parsed = Url::parse(&shown).ok();
    if config.public.url.is_empty() && !is_loopback(config.public.listen.ip()) {
        return Check::warning(
            NAME,
            format!("public.url is empty, so tokens are issued in the name of {shown}"),
            "set public.url to the address that partners use",
        );
    }
    if parsed.is_some_and(|url| url.scheme() != "https" && !is_here(&url)) {
        return Check::warning(
            NAME,
            format!("{shown} is not https: partners' tokens would travel readable"),
            "put TLS in front and write public.url with https://",
        );
    }
    Check::ok(NAME, shown)
}

/// Whether the URL leads to this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
