//! The signing keys of our own issuer, and their rotation.
//!
//! A key is published a day before it signs, signs for thirty, and stays published until the last token it
//! signed has run out. Whoever needs a key and finds the next one due makes it; the registry's version row
//! lets only one process do so.

use std::sync::Arc;

use domain::Secret;
use moka::future::Cache;
use store::registry::SigningKey;
use time::{Duration, OffsetDateTime};

use crate::audit::{Actor, Change, Subject as _};
use crate::registry::tokens::LONGEST_LIFETIME;
use crate::{App, Error};

/// By the version of the registry.
pub(super) type Known = Cache<i64, Arc<Vec<SigningKey>>>;

/// How long a key signs.
const SIGNS: Duration = Duration::days(30);
/// How long it is published before.
const LEAD: Duration = Duration::days(1);

/// A key pair that was just made.
#[derive(Debug)]
pub struct NewKey {
    pub kid: String,
    /// The public half as a JWK, in JSON.
    pub public_jwk: String,
    /// The private half, PKCS#8 in base64.
    pub private: Secret,
}

/// A signing key as operators see it: its private half has no place here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    pub kid: String,
    /// Whether it is the one that signs now.
    pub is_current: bool,
    pub signs_from: OffsetDateTime,
    pub signs_until: OffsetDateTime,
    /// Tokens that it signed are believed until then.
    pub published_until: OffsetDateTime,
    pub created_at: OffsetDateTime,
}

/// The keys of our own issuer at one time.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    keys: Arc<Vec<SigningKey>>,
    now: OffsetDateTime,
}

impl SigningKeys {
    /// The one that signs now: the last that has begun to, or else the first that will. A first key begins by the
    /// time of whoever made it, and that may lie a moment ahead: requests ask at once, and no two clocks agree.
    pub fn current(&self) -> Option<&SigningKey> {
        let mut signing = self.keys.iter().filter(|key| self.now < key.signs_until);
        let first = signing.clone().next();
        signing.rfind(|key| key.signs_from <= self.now).or(first)
    }

    /// Those that are published, oldest first.
    pub fn known(&self) -> Vec<KnownKey> {
        let current = self.current().map(|key| key.id);
        let known = self.published().map(|key| KnownKey {
            kid: key.kid.clone(),
            is_current: Some(key.id) == current,
            signs_from: key.signs_from,
            signs_until: key.signs_until,
            published_until: key.published_until,
            created_at: key.created_at,
        });
        known.collect()
    }

    /// Those whose tokens may be valid now, and the next one.
    pub fn published(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(|key| self.now < key.published_until)
    }
}

impl App {
    /// The signing keys, after making the first or the next one if that is due. `make` draws a key pair.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or what `make` answers.
    pub async fn signing_keys<F>(&self, make: F) -> Result<SigningKeys, Error>
    where
        F: Fn() -> Result<NewKey, Error> + Send + Sync,
    {
        let standing = self.standing_signing_keys().await?;
        if next_from(&standing.keys, standing.now).is_none() {
            return Ok(standing);
        }
        self.rotate_signing_keys(make, standing.now).await?;
        self.standing_signing_keys().await
    }

    /// The signing keys as they stand. Looking makes none: none is there before somebody has needed one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn standing_signing_keys(&self) -> Result<SigningKeys, Error> {
        let now = self.clock().now();
        let version = self.registry_version().await?;
        let keys = match self.identities().signing.get(&version).await {
            Some(keys) => keys,
            None => self.read_signing_keys(version, now).await?,
        };
        Ok(SigningKeys { keys, now })
    }

    /// Puts a new key in the place of all there are, because one has leaked. It signs at once; whatever the
    /// others signed is refused as soon as a process has read the registry's new version.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or what `make` answers.
    pub async fn replace_signing_keys<F>(&self, by: &Actor, make: F) -> Result<SigningKeys, Error>
    where
        F: Fn() -> Result<NewKey, Error> + Send + Sync,
    {
        let now = self.clock().now();
        let tx = self.change().await?;
        let registry = tx.system().change_registry().await?;
        registry.drop_signing_keys().await?;
        let key = self.signing_key(make()?, now, now);
        registry.add_signing_key(&key).await?;
        let change = Change::of(&key, "replace", serde_json::Value::Null, key.facts());
        self.changed(tx, by, &[change]).await?;
        self.standing_signing_keys().await
    }

    fn signing_key(&self, pair: NewKey, signs_from: OffsetDateTime, now: OffsetDateTime) -> SigningKey {
        let signs_until = signs_from + SIGNS;
        SigningKey {
            id: self.clock().new_id(),
            kid: pair.kid,
            public_jwk: pair.public_jwk,
            private: pair.private,
            signs_from,
            signs_until,
            published_until: signs_until + LONGEST_LIFETIME + LEAD,
            created_at: now,
        }
    }

    async fn read_signing_keys(
        &self,
        version: i64,
        now: OffsetDateTime,
    ) -> Result<Arc<Vec<SigningKey>>, Error> {
        let reader = self.store().read_system("signing keys");
        let keys = Arc::new(reader.system().signing_keys(now).await?);
        self.identities().signing.insert(version, Arc::clone(&keys)).await;
        Ok(keys)
    }

    async fn rotate_signing_keys<F>(&self, make: F, now: OffsetDateTime) -> Result<(), Error>
    where
        F: Fn() -> Result<NewKey, Error> + Send + Sync,
    {
        let tx = self.change().await?;
        let registry = tx.system().change_registry().await?;
        // Another process may have been first; the version's row is ours now.
        let Some(signs_from) = next_from(&tx.system().signing_keys(now).await?, now) else {
            tx.rollback().await?;
            self.read_registry_version().await;
            return Ok(());
        };
        let key = self.signing_key(make()?, signs_from, now);
        registry.add_signing_key(&key).await?;
        registry.forget_signing_keys(now).await?;
        self.changed(tx, &Actor::gateway(), &[Change::added(&key)]).await
    }
}

/// When the key that is due begins to sign; `None` while none is due.
fn next_from(keys: &[SigningKey], now: OffsetDateTime) -> Option<OffsetDateTime> {
    let last = keys.iter().map(|key| key.signs_until).max();
    match last {
        None => Some(now),
        Some(until) if until <= now => Some(now),
        Some(until) if until - LEAD <= now => Some(until),
        Some(_) => None,
    }
}
