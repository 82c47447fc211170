//! Where names become addresses, and the wrong ones fall away.

use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::allows;

/// Looks names up as the system does and hands on allowed addresses only.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    public: bool,
    exceptions: Arc<[IpNet]>,
}

/// A name has addresses, and not one of them is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name leads to no allowed address")]
struct NoneAllowed;

impl Guarded {
    pub(super) fn new(public: bool, exceptions: Arc<[IpNet]>) -> Self {
        Self { public, exceptions }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { public, exceptions } = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed = found
                .into_iter()
                .filter(|address| allows(address.ip(), public, &exceptions))
                .collect::<Vec<_>>();
            if allowed.is_empty() {
                return Err(NoneAllowed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether a request failed because of the rule above, by type and not by sentence.
pub(super) fn was_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = cause {
        if current.is::<NoneAllowed>() {
            return true;
        }
        cause = current.source();
    }
    false
}
