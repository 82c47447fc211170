//! How much one address, one partner and one sales unit may ask.
//!
//! These guard the gateway and keep its partners fair to each other. Vipps' own limits by reference are
//! kept by `app`, exactly and on any number of replicas.

mod clock;
mod standing;

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::{Clock, Environment, Msn, PartnerId};
use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::problem::{Code, Problem};
use clock::GovernorClock;
pub use standing::Standings;
use standing::{Name, Standing};

/// So many at once, and so many more each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: NonZeroU32,
    pub per_second: NonZeroU32,
}

impl Rate {
    /// Seconds until an idle caller has its whole burst again, rounded up.
    fn window(self) -> u32 {
        self.burst.get().div_ceil(self.per_second.get())
    }
}

/// The three limits of the faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// By client address (IPv6: by /64), before anybody has been believed.
    pub address: Rate,
    /// By partner and environment.
    pub partner: Rate,
    /// By partner, environment and sales unit.
    pub sales_unit: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        const fn of(number: u32) -> NonZeroU32 {
            NonZeroU32::MIN.saturating_add(number - 1)
        }
        let rate = |burst, per_second| Rate {
            burst: of(burst),
            per_second: of(per_second),
        };
        Self {
            address: rate(2000, 1000),
            partner: rate(1000, 500),
            sales_unit: rate(200, 100),
        }
    }
}

/// The buckets.
pub struct Limits {
    address: Buckets<IpAddr>,
    partner: Buckets<(PartnerId, Environment)>,
    sales_unit: Buckets<(PartnerId, Environment, Msn)>,
}

impl Limits {
    pub fn new(rates: Rates, clock: &Arc<dyn Clock>) -> Self {
        Self {
            address: Buckets::new(Name::Address, rates.address, clock),
            partner: Buckets::new(Name::Partner, rates.partner, clock),
            sales_unit: Buckets::new(Name::SalesUnit, rates.sales_unit, clock),
        }
    }

    /// # Errors
    /// `rate_limited` with the time to wait.
    pub fn address(&self, address: IpAddr, standings: &Standings) -> Result<(), Problem> {
        let taken = self.address.take(&network(address), standings);
        taken.map_err(|wait| limited(Name::Address, wait))
    }

    pub fn partner(&self, caller: &app::Caller, standings: &Standings) -> Result<(), Problem> {
        let key = (caller.partner, caller.environment);
        let taken = self.partner.take(&key, standings);
        taken.map_err(|wait| limited(Name::Partner, wait))
    }

    /// What an [`app::Allowance`] to this sales unit spends.
    ///
    /// # Errors
    /// The time to wait.
    pub fn sales_unit(
        &self,
        caller: &app::Caller,
        msn: &Msn,
        standings: &Standings,
    ) -> Result<(), time::Duration> {
        let key = (caller.partner, caller.environment, msn.clone());
        let taken = self.sales_unit.take(&key, standings);
        taken.map_err(|wait| time::Duration::seconds(i64::try_from(wait).unwrap_or(i64::MAX)))
    }
}

fn limited(name: Name, wait: u64) -> Problem {
    Problem::new(Code::RATE_LIMITED)
        .filling(&[("limit", &name.as_str())])
        .after(wait)
}

/// Whoever holds one IPv6 address holds its /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or_else(
            || IpAddr::V6((six.to_bits() & !u128::from(u64::MAX)).into()),
            IpAddr::V4,
        ),
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, GovernorClock, StateInformationMiddleware>;

struct Buckets<K: Hash + Eq + Clone> {
    name: Name,
    rate: Rate,
    limiter: Limiter<K>,
    clock: GovernorClock,
    /// Counts takes, so that full buckets are thrown away now and then.
    taken: AtomicU32,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(name: Name, rate: Rate, clock: &Arc<dyn Clock>) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let clock = GovernorClock::new(clock.clone());
        Self {
            name,
            rate,
            limiter: Limiter::new(quota, DashMapStateStore::default(), clock.clone()),
            clock,
            taken: AtomicU32::new(0),
        }
    }

    /// The error is the time to wait, in seconds.
    fn take(&self, key: &K, standings: &Standings) -> Result<(), u64> {
        const SWEEP: u32 = 16_384;
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        let standing = |remaining, wait| Standing {
            name: self.name,
            quota: self.rate.burst.get(),
            window: self.rate.window(),
            remaining,
            wait,
        };
        match self.limiter.check_key(key) {
            Ok(snapshot) => {
                let remaining = snapshot.remaining_burst_capacity();
                let missing = self.rate.burst.get().saturating_sub(remaining);
                let full_in = missing.div_ceil(self.rate.per_second.get());
                standings.note(standing(remaining, full_in));
                Ok(())
            }
            Err(not_until) => {
                let wait = seconds(not_until.wait_time_from(self.clock.now()));
                standings.note(standing(0, u32::try_from(wait).unwrap_or(u32::MAX)));
                Err(wait)
            }
        }
    }
}

/// Rounded up: whoever waits that long is let in.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;
