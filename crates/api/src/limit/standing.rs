//! How an answer tells where its caller stands (IETF draft `RateLimit` header fields for HTTP).

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Address,
    Partner,
    SalesUnit,
}

impl Name {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Partner => "partner",
            Self::SalesUnit => "sales-unit",
        }
    }
}

/// Where one request stands with one limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub name: Name,
    pub quota: u32,
    /// Seconds.
    pub window: u32,
    pub remaining: u32,
    /// Seconds until there is more: until the quota is whole, or, at zero, until the next one.
    pub wait: u32,
}

/// Where one request stands with every limit it met on its way in.
#[derive(Debug, Clone, Default)]
pub struct Standings(Arc<Mutex<Vec<Standing>>>);

impl Standings {
    pub(super) fn note(&self, standing: Standing) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(standing);
    }

    /// Writes `RateLimit` and `RateLimit-Policy`, in the order in which the limits were met.
    pub fn write(&self, headers: &mut HeaderMap) {
        let standings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if standings.is_empty() {
            return;
        }
        let list = |item: &dyn Fn(&Standing) -> String| {
            let text = standings.iter().map(item).collect::<Vec<_>>().join(", ");
            HeaderValue::from_str(&text).ok()
        };
        let policy = list(&|it| format!("\"{}\";q={};w={}", it.name.as_str(), it.quota, it.window));
        let state = list(&|it| format!("\"{}\";r={};t={}", it.name.as_str(), it.remaining, it.wait));
        if let (Some(policy), Some(state)) = (policy, state) {
            headers.insert(RATE_LIMIT_POLICY, policy);
            headers.insert(RATE_LIMIT, state);
        }
    }
}
