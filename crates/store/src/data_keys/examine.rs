//! Whether the key file is the one this database needs. A key that is not at hand and a damaged row are told
//! apart: the first is mended by bringing back the file, the second by a backup of the row.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::Alias;
use sea_orm::{ConnectionTrait as _, EntityTrait};
use uuid::Uuid;

use super::owner_of;
use super::reseal::{from, head_of};
use super::sealed::SECRETS;
use crate::sealing::{Refusal, SealedWith};
use crate::table::data_keys::Entity;
use crate::{Error, System};

/// How much hangs on one key of a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderKey {
    /// The key's id in hexadecimal.
    pub key: String,
    /// Whether the key file at hand holds it.
    pub held: bool,
    /// Data keys that are wrapped with it.
    pub data_keys: u64,
    /// Key sets and signing keys that are sealed with it directly, from before there were data keys.
    pub sealed_directly: u64,
}

/// What the data keys of a database say about the key file at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysAtRest {
    /// The keys of the key file, oldest first, and then those that it lacks.
    pub keys: Vec<UnderKey>,
    /// Data keys whose wrapping key is at hand and that do not unwrap all the same.
    pub damaged: Vec<Uuid>,
}

impl KeysAtRest {
    /// The keys that something hangs on and that the key file lacks.
    pub fn missing(&self) -> impl Iterator<Item = &UnderKey> {
        self.keys.iter().filter(|key| !key.held)
    }
}

impl<M> System<'_, M> {
    /// Tries the key file at hand on every data key, and reads by which keys the rest is sealed. Opens no row.
    pub async fn examine_keys(&self) -> Result<KeysAtRest, Error> {
        let keyring = self.keyring();
        let mut data_keys: BTreeMap<String, u64> = BTreeMap::new();
        let mut damaged = Vec::new();
        for row in Entity::find().all(self.conn()).await? {
            match keyring.unwrap(owner_of(row.partner_id), row.id, &row.wrapped) {
                Ok(_) => *data_keys.entry(row.wrapped_under).or_default() += 1,
                Err(Refusal::UnknownKey { key_id }) => *data_keys.entry(key_id).or_default() += 1,
                Err(
                    Refusal::UnknownDataKey { .. }
                    | Refusal::DoesNotOpen
                    | Refusal::UnknownFormat
                    | Refusal::NoRandomness,
                ) => damaged.push(row.id),
            }
        }
        let directly = self.sealed_directly().await?;
        let held = keyring.ids();
        let named: BTreeSet<_> = data_keys.keys().chain(directly.keys()).cloned().collect();
        let lacking = named.into_iter().filter(|key| !held.contains(key));
        let all: Vec<_> = held.iter().cloned().chain(lacking).collect();
        let keys = all.into_iter().map(|key| UnderKey {
            held: held.contains(&key),
            data_keys: data_keys.get(&key).copied().unwrap_or(0),
            sealed_directly: directly.get(&key).copied().unwrap_or(0),
            key,
        });
        Ok(KeysAtRest {
            keys: keys.collect(),
            damaged,
        })
    }

    async fn sealed_directly(&self) -> Result<BTreeMap<String, u64>, Error> {
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for sealed in &SECRETS {
            let mut select = from(sealed);
            select.expr_as(head_of(sealed), Alias::new("head"));
            for row in self.conn().query_all(&select).await? {
                let head: Vec<u8> = row.try_get("", "head")?;
                if let SealedWith::KeyFile(key) = SealedWith::of(&head) {
                    *found.entry(key).or_default() += 1;
                }
            }
        }
        Ok(found)
    }
}
