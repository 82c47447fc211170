//! The public keys of issuers that publish them at a URL.
//!
//! The last good set is kept while the issuer is down. An unknown `kid` asks again, once per cool-down,
//! however many tokens carry it; tokens whose key is known never wait for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::IssuerId;
use store::registry::Jwks;
use time::{Duration, OffsetDateTime};

use crate::{App, Error};

/// The shortest time between two fetches from one issuer.
const COOL_DOWN: Duration = Duration::seconds(30);
/// A set older than this is renewed in the background, so that a key an issuer withdraws ends.
const STALE: Duration = Duration::minutes(10);

/// A JWK set as it came, and how often it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySource {
    /// JSON.
    pub set: Arc<str>,
    /// Differs between two fetches: whoever did not find a key in this one asks for a newer one.
    pub fetch: u64,
    /// When the fetch began. Absent = the set is the operator's own word and never old.
    pub fetched_at: Option<OffsetDateTime>,
}

impl KeySource {
    /// Whether a key that signed at `signed_at` would be in this set: issuers publish a key before they sign with it.
    pub fn knows_of(&self, signed_at: OffsetDateTime) -> bool {
        self.fetched_at.is_none_or(|fetched_at| fetched_at >= signed_at)
    }
}

/// The issuer (absent = the operators') and its URL.
type Where = (Option<IssuerId>, String);

#[derive(Debug, Default)]
pub(super) struct Fetched {
    slots: Mutex<HashMap<Where, Arc<Slot>>>,
}

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<State>,
    /// Held by the one who fetches.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default, Clone)]
struct State {
    good: Option<KeySource>,
    fetched_at: Option<OffsetDateTime>,
    tried_at: Option<OffsetDateTime>,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// The keys of an issuer of partners' tokens, or (`None`) of the operators'. `unknown_in` is the fetch in which a
    /// key was not found: a newer one is answered if the cool-down allows, else `None`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no set has ever come.
    pub async fn issuer_keys(
        &self,
        issuer: Option<IssuerId>,
        jwks: &Jwks,
        unknown_in: Option<u64>,
    ) -> Result<Option<KeySource>, Error> {
        let url = match jwks {
            Jwks::Inline(set) => {
                let source = KeySource {
                    set: set.as_str().into(),
                    fetch: 0,
                    fetched_at: None,
                };
                return Ok(Some(source).filter(|_| unknown_in.is_none()));
            }
            Jwks::Url(url) => url,
        };
        let slot = self.slot(issuer, url);
        let state = slot.state().clone();
        if let Some(good) = newer(&state, unknown_in) {
            let now = self.clock().now();
            if state.fetched_at.is_some_and(|at| is_over(at, STALE, now)) && is_cool(&state, now) {
                self.renew(Arc::clone(&slot), url.clone());
            }
            return Ok(Some(good));
        }
        let one = Arc::clone(&slot.fetching).lock_owned().await;
        let state = slot.state().clone();
        if let Some(good) = newer(&state, unknown_in) {
            return Ok(Some(good));
        }
        if is_cool(&state, self.clock().now()) {
            let (app, slot, url) = (self.clone(), Arc::clone(&slot), url.clone());
            // In a task: whoever asks may leave, and until the cool-down is over his fetch is everybody's.
            let fetched = self.tasks().spawn(async move {
                app.fetch_keys(&slot, &url).await;
                drop(one);
            });
            drop(fetched.await);
        }
        let state = slot.state().clone();
        match (newer(&state, unknown_in), state.good) {
            (Some(newer), _) => Ok(Some(newer)),
            (None, Some(_)) => Ok(None),
            (None, None) => Err(Error::Unavailable),
        }
    }

    fn slot(&self, issuer: Option<IssuerId>, url: &str) -> Arc<Slot> {
        let mut slots = self
            .identities()
            .keys
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((issuer, url.to_owned())).or_default())
    }

    fn renew(&self, slot: Arc<Slot>, url: String) {
        let app = self.clone();
        self.tasks().spawn(async move {
            let _one = slot.fetching.lock().await;
            let state = slot.state().clone();
            if is_cool(&state, app.clock().now()) {
                app.fetch_keys(&slot, &url).await;
            }
        });
    }

    async fn fetch_keys(&self, slot: &Slot, url: &str) {
        let began = self.clock().now();
        slot.state().tried_at = Some(began);
        match self.jwks().fetch(url).await {
            Ok(set) if !is_key_set(&set) => {
                tracing::warn!("an issuer's answer is no key set; the last good keys stay");
            }
            Ok(set) => {
                let mut state = slot.state();
                let fetch = state.good.as_ref().map_or(1, |good| good.fetch + 1);
                state.good = Some(KeySource {
                    set: set.into(),
                    fetch,
                    fetched_at: Some(began),
                });
                state.fetched_at = Some(began);
            }
            Err(error) => {
                tracing::warn!(reason = %error, "an issuer's keys could not be fetched; the last good ones stay");
            }
        }
    }
}

/// An error page with status 200 must not take a partner's keys away. An empty set may: that is how an
/// issuer withdraws them.
fn is_key_set(text: &str) -> bool {
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    parsed.is_ok_and(|set| set.get("keys").is_some_and(serde_json::Value::is_array))
}

fn newer(state: &State, unknown_in: Option<u64>) -> Option<KeySource> {
    state.good.clone().filter(|good| Some(good.fetch) != unknown_in)
}

fn is_cool(state: &State, now: OffsetDateTime) -> bool {
    state.tried_at.is_none_or(|at| is_over(at, COOL_DOWN, now))
}

/// Whether so much time has passed since then. What lies ahead was noted before the clock was set back.
fn is_over(at: OffsetDateTime, span: Duration, now: OffsetDateTime) -> bool {
    now < at || now - at >= span
}
