//! Who is at the other end, when load balancers stand between.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. `X-Forwarded-For` counts only as far as `trusted` proxies wrote it: it is read from the
/// right, and the first address that is no proxy of ours is the client. What stands left of it is anybody's claim.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_proxy = |address: IpAddr| trusted.iter().any(|range| range.contains(&address));
    let mut client = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let hops = lines
        .iter()
        .rev()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !is_proxy(client) {
            break;
        }
        // Something that is no address was written by whoever stood before the last proxy: that one we know.
        let Some(address) = written(hop.trim()) else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// An address, or one with the port that some load balancers add.
fn written(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let with_port = || hop.parse::<SocketAddr>().ok().map(|both| both.ip());
    bare.unwrap_or(hop).parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_header_is_anybodys_claim() {
        assert_eq!(seen("198.51.100.7", &["203.0.113.1"]), "198.51.100.7");
        assert_eq!(seen("198.51.100.7", &[]), "198.51.100.7");
    }

    #[test]
    fn the_last_address_that_is_no_proxy_of_ours_is_the_client() {
        assert_eq!(
            seen("10.0.0.2", &["192.0.2.66, 203.0.113.1, 10.1.1.1"]),
            "203.0.113.1"
        );
        assert_eq!(seen("10.0.0.2", &["192.0.2.66", "203.0.113.1"]), "203.0.113.1");
        assert_eq!(seen("::ffff:10.0.0.2", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn a_port_that_a_load_balancer_adds_does_not_hide_the_client() {
        assert_eq!(seen("10.0.0.2", &["203.0.113.1:50123"]), "203.0.113.1");
        assert_eq!(seen("10.0.0.2", &["[2001:db8::1]:50123"]), "2001:db8::1");
        assert_eq!(seen("10.0.0.2", &["[2001:db8::1]"]), "2001:db8::1");
    }

    #[test]
    fn what_is_no_address_ends_the_search() {
        assert_eq!(seen("10.0.0.2", &["203.0.113.1, unknown"]), "10.0.0.2");
        assert_eq!(seen("10.0.0.2", &["10.0.0.9"]), "10.0.0.9");
    }
}
