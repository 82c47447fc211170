//! How many of the connections one address holds.
//!
//! Places are few and cost nothing to take: without this, one machine that opens connections and rests takes all of
//! them, and nobody else is served.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

#[derive(Debug)]
pub(super) struct Shares {
    most: usize,
    trusted: Arc<[IpNet]>,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's part; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: Arc<Shares>,
    /// Absent for proxies of ours, which speak for many.
    network: Option<IpAddr>,
}

impl Shares {
    pub(super) fn new(most: usize, trusted: Arc<[IpNet]>) -> Arc<Self> {
        Arc::new(Self {
            most,
            trusted,
            held: Mutex::default(),
        })
    }

    /// `None` when the address holds its share already.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Share> {
        let peer = peer.to_canonical();
        let is_proxy = self.trusted.iter().any(|range| range.contains(&peer));
        let network = (!is_proxy).then(|| network(peer));
        if let Some(network) = network {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let count = held.entry(network).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(Share {
            shares: Arc::clone(self),
            network,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut held = self.shares.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                held.remove(&network);
            }
        }
    }
}

/// Whoever holds one IPv6 address holds its /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6((six.to_bits() & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_its_share_and_no_more_and_a_proxy_of_ours_as_many_as_it_needs() {
        let shares = Shares::new(2, Arc::new(["10.0.0.0/8".parse().unwrap()]));
        let take = |peer: &str| shares.take(peer.parse().unwrap());
        let first = take("203.0.113.1");
        let second = take("::ffff:203.0.113.1");
        assert!(first.is_some() && second.is_some());
        assert!(take("203.0.113.1").is_none());
        assert!(take("203.0.113.2").is_some());
        drop(first);
        let third = take("203.0.113.1");
        assert!(third.is_some());

        let (_one, _other) = (take("2001:db8::1"), take("2001:db8::2"));
        assert!(take("2001:db8::3").is_none());
        assert!(take("2001:db8:0:1::3").is_some());

        let proxies: Vec<_> = (0..5).map(|_| take("10.1.2.3")).collect();
        assert!(proxies.iter().all(Option::is_some));
        drop((second, third));
        assert!(
            !shares
                .held
                .lock()
                .unwrap()
                .contains_key(&"203.0.113.1".parse::<IpAddr>().unwrap())
        );
    }
}
