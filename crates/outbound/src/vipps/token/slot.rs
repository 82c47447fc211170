//! The life of one key set's token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use time::{Duration, OffsetDateTime};

use super::answer::Granted;
use super::{AccessToken, NoToken, Which, fetch, speaks_of_subscription_key};
use crate::vipps::Inner;
use crate::vipps::access::Access;

type Result = std::result::Result<Arc<AccessToken>, NoToken>;
/// One fetch, awaited by everybody who needs its result.
type Flight = Shared<BoxFuture<'static, Result>>;

/// Two forced fetches of one key set are at least this far apart: a sales unit that is refused for ever
/// must not make the token service busy.
const BETWEEN_FORCED: Duration = Duration::seconds(30);
/// How long the second subscription key is tried first after the first was refused.
const REMEMBER_KEY: Duration = Duration::minutes(10);
const FIRST_BACK_OFF: Duration = Duration::seconds(1);
const LONGEST_BACK_OFF: Duration = Duration::seconds(30);

/// A key set's token, the fetch under way, and what was learnt from failures.
#[derive(Default)]
pub(in crate::vipps) struct Slot {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<AccessToken>>,
    flight: Option<Flight>,
    next_number: u64,
    failures: u32,
    /// The last failure and until when it answers for the service.
    failed: Option<(NoToken, OffsetDateTime)>,
    forced_at: Option<OffsetDateTime>,
    preferred: Option<(Which, OffsetDateTime)>,
}

/// What fetching needs. Cheap to clone, since a fetch outlives the caller who started it.
#[derive(Clone)]
pub(in crate::vipps) struct Fetcher {
    pub(in crate::vipps) inner: Arc<Inner>,
    pub(in crate::vipps) access: Access,
}

impl Slot {
    /// A token to use now: the one at hand, or the one that is being fetched.
    pub(in crate::vipps) async fn token(self: &Arc<Self>, fetcher: &Fetcher) -> Result {
        let flight = {
            let now = fetcher.inner.clock.now();
            let mut state = self.lock();
            let failed = state.failed_at(now);
            if let Some(token) = state.current.clone().filter(|token| now < token.ends_at) {
                // Renewed ahead: nobody waits, and nobody asks again while the service is recovering.
                if now >= token.renew_at && state.flight.is_none() && failed.is_none() {
                    drop(self.take_off(&mut state, fetcher));
                }
                return Ok(token);
            }
            match (&state.flight, failed) {
                (Some(flight), _) => flight.clone(),
                (None, Some((why, _))) => return Err(why),
                (None, None) => self.take_off(&mut state, fetcher),
            }
        };
        flight.await
    }

    /// After a 401: another token than `used`, if there may be one. Until it comes, `used` goes on serving
    /// other callers, because a 401 can be one sales unit's trouble on keys that many share.
    pub(in crate::vipps) async fn instead_of(
        self: &Arc<Self>,
        used: &AccessToken,
        fetcher: &Fetcher,
    ) -> Option<Arc<AccessToken>> {
        let flight = {
            let now = fetcher.inner.clock.now();
            let mut state = self.lock();
            if let Some(current) = &state.current
                && current.number != used.number
            {
                return Some(current.clone());
            }
            if let Some(flight) = &state.flight {
                flight.clone()
            } else if state
                .forced_at
                .is_none_or(|at| now < at || now >= at + BETWEEN_FORCED)
            {
                state.forced_at = Some(now);
                self.take_off(&mut state, fetcher)
            } else {
                return None;
            }
        };
        flight.await.ok()
    }

    /// Until when a refusal of these keys stands, if the last fetch was refused.
    pub(in crate::vipps) fn refused_until(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self.lock().failed_at(now) {
            Some((NoToken::Refused(rejected), until)) if rejected.status != 429 => Some(until),
            Some(_) | None => None,
        }
    }

    /// Takes a token that was fetched past the cache, by a probe.
    pub(in crate::vipps) fn accept(&self, granted: Granted, began: OffsetDateTime, spread: u64) {
        self.lock().replace(granted, began, spread);
    }

    pub(in crate::vipps) fn subscription_key(&self, now: OffsetDateTime) -> Which {
        match self.lock().preferred {
            Some((which, until)) if now < until => which,
            Some(_) | None => Which::Primary,
        }
    }

    /// `which` opened the door when the other did not.
    pub(in crate::vipps) fn prefer(&self, which: Which, now: OffsetDateTime) {
        tracing::warn!(
            works = which.as_str(),
            "one subscription key of a key set was refused, the other works"
        );
        self.lock().preferred = Some((which, now + REMEMBER_KEY));
    }

    /// Starts the one fetch. It is a task of its own: a caller who leaves takes nothing with him.
    fn take_off(self: &Arc<Self>, state: &mut State, fetcher: &Fetcher) -> Flight {
        let slot = Arc::clone(self);
        let Fetcher { inner, access } = fetcher.clone();
        let tasks = inner.tasks.clone();
        let flight = async move {
            let began = inner.clock.now();
            let answer = slot.fetch_with_either_key(&inner, &access, began).await;
            let spread = spread(&inner);
            let ended = inner.clock.now();
            slot.lock().land(answer, began, ended, spread)
        }
        .boxed()
        .shared();
        state.flight = Some(flight.clone());
        tasks.spawn(flight.clone());
        flight
    }

    async fn fetch_with_either_key(
        &self,
        inner: &Inner,
        access: &Access,
        now: OffsetDateTime,
    ) -> std::result::Result<Granted, NoToken> {
        let which = self.subscription_key(now);
        let first = fetch(inner, access, which).await;
        if let Err(NoToken::Refused(rejected)) = &first
            && speaks_of_subscription_key(rejected.status, &rejected.body)
            && let Some(other) = which.other(access)
        {
            let second = fetch(inner, access, other).await;
            if second.is_ok() {
                self.prefer(other, now);
            }
            return second;
        }
        first
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the state is still a state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The failure that answers for the service now. One that would do so for longer than any may was
    /// noted before the clock was set back.
    fn failed_at(&self, now: OffsetDateTime) -> Option<(NoToken, OffsetDateTime)> {
        let (why, until) = self.failed.as_ref()?;
        (now < *until && *until <= now + LONGEST_BACK_OFF).then(|| (why.clone(), *until))
    }

    fn land(
        &mut self,
        fetched: std::result::Result<Granted, NoToken>,
        began: OffsetDateTime,
        ended: OffsetDateTime,
        spread: u64,
    ) -> Result {
        self.flight = None;
        match fetched {
            Ok(granted) => Ok(self.replace(granted, began, spread)),
            Err(why) => {
                let doubled = FIRST_BACK_OFF * 2_i32.pow(self.failures.min(5));
                // What the service asks for counts as far as waiting is bearable.
                let back_off = doubled.max(why.asks_to_wait()).min(LONGEST_BACK_OFF);
                self.failures = self.failures.saturating_add(1);
                // From its end: a service that takes long to fail is to be left alone most of all.
                self.failed = Some((why.clone(), ended + back_off));
                Err(why)
            }
        }
    }

    fn replace(&mut self, granted: Granted, began: OffsetDateTime, spread: u64) -> Arc<AccessToken> {
        self.failures = 0;
        self.failed = None;
        self.next_number += 1;
        let token = Arc::new(dated(granted, self.next_number, began, spread));
        self.current = Some(token.clone());
        token
    }
}

/// Renewal begins when less than a tenth of the life or less than a minute remains, whichever is more, and
/// up to a twentieth of the life earlier, so that key sets that were fetched together part company.
fn dated(granted: Granted, number: u64, began: OffsetDateTime, spread: u64) -> AccessToken {
    let life = granted.life;
    let tenth: Duration = life / 10_i32;
    let half: Duration = life / 2_i32;
    let twentieth: Duration = life / 20_i32;
    let ahead = tenth.max(Duration::minutes(1)).min(half);
    let jitter = twentieth.min(Duration::minutes(5)) * spread_share(spread);
    // The last moments are not used: a token that is good when the call leaves must be good when it arrives.
    let margin = tenth.min(Duration::seconds(5));
    AccessToken {
        number,
        secret: granted.secret,
        ends_at: began + life - margin,
        renew_at: began + life - ahead - jitter,
    }
}

/// Between 0 and 1.
fn spread_share(spread: u64) -> f64 {
    f64::from(u16::try_from(spread % 1_000).unwrap_or(0)) / 1_000.0
}

/// Chance, from the one place that chance comes from.
pub(in crate::vipps) fn spread(inner: &Inner) -> u64 {
    inner.clock.new_id().as_u64_pair().1
}
