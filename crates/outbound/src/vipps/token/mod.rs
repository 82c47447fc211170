//! Access tokens: fetched once for everybody who waits, renewed ahead, never stored and never logged.
//!
//! The cache holds one [`Slot`] per key set, environment and version, and a slot is never taken out while it
//! is in use: its own lock orders what happens to its token. (Taking an entry out of the cache while it
//! is being loaded would leave the old value in place.) Expiry is ours, by the house's clock.

mod answer;
mod fetch;
mod slot;

use std::sync::Arc;

use domain::{Environment, KeySetId, Rejected, Secret};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use time::{Duration, OffsetDateTime};

pub(super) use fetch::{fetch, names_merchant, speaks_of_subscription_key};
pub(super) use slot::{Fetcher, Slot, spread};

use super::Access;

/// A bearer token with its life. Knowing `number` is how a 401 drops this one and no other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AccessToken {
    pub(super) number: u64,
    pub(super) secret: Secret,
    /// From here on it is not used.
    pub(super) ends_at: OffsetDateTime,
    /// From here on the next one is fetched while this one still serves.
    pub(super) renew_at: OffsetDateTime,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoToken {
    /// Vipps knows these keys and does not want them, or does not know them.
    Refused(Box<Rejected>),
    /// The token service could not be reached or did not make sense.
    Unavailable(String),
}

impl NoToken {
    fn asks_to_wait(&self) -> Duration {
        let seconds = match self {
            Self::Refused(rejected) => rejected.retry_after.unwrap_or(0),
            Self::Unavailable(_) => 0,
        };
        Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

/// Which of a key set's two interchangeable subscription keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Primary,
    Secondary,
}

impl Which {
    pub(super) fn of(self, access: &Access) -> &Secret {
        let keys = &access.keys;
        match self {
            Self::Primary => &keys.subscription_key,
            Self::Secondary => keys
                .secondary_subscription_key
                .as_ref()
                .unwrap_or(&keys.subscription_key),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }

    /// The other one, if the set has two.
    pub(super) fn other(self, access: &Access) -> Option<Self> {
        let two = access.keys.secondary_subscription_key.is_some();
        two.then_some(match self {
            Self::Primary => Self::Secondary,
            Self::Secondary => Self::Primary,
        })
    }
}

/// Any change of a key set raises its version, so that a token of older keys is simply never found again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    keys: KeySetId,
    environment: Environment,
    version: i64,
}

/// The slots of all key sets in use.
pub(super) struct Tokens {
    slots: Cache<Key, Arc<Slot>>,
}

/// More key sets than one process serves; the least used ones go first.
const MOST_SLOTS: u64 = 50_000;

impl Tokens {
    pub(super) fn new() -> Self {
        let slots = Cache::builder()
            .max_capacity(MOST_SLOTS)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { slots }
    }

    /// The keys are gone: nobody asks for their slot any more, and what is in it is of no use.
    pub(super) async fn forget(&self, keys: KeySetId, environment: Environment, version: i64) {
        let key = Key {
            keys,
            environment,
            version,
        };
        self.slots.invalidate(&key).await;
    }

    pub(super) async fn slot(&self, access: &Access) -> Arc<Slot> {
        let key = Key {
            keys: access.keys.id,
            environment: access.environment,
            version: access.keys.version,
        };
        self.slots
            .get_with(key, async { Arc::new(Slot::default()) })
            .await
    }
}
