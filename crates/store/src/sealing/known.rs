//! The data keys this process has unwrapped, so that each is asked for once.
//!
//! Which key an owner's new values are sealed with may change while a process runs. What is remembered of
//! that is good for one version of the registry: a change of data keys raises it, and every process reads
//! it each second. Keys by their id never change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use super::fingerprint::FingerprintKey;
use super::{DataKey, Owner};

/// Cheap to clone; wiped from memory with the last clone.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<RwLock<Inner>>);

#[derive(Default)]
struct Inner {
    version: i64,
    keys: HashMap<(Owner, Uuid), Arc<DataKey>>,
    /// With the version of the registry they were read under.
    current: HashMap<Owner, (i64, Arc<DataKey>)>,
    fingerprints: Vec<Arc<FingerprintKey>>,
}

impl Known {
    /// The registry was read and is at `version`.
    pub(crate) fn notice(&self, version: i64) {
        if self.read().version == version {
            return;
        }
        let mut inner = self.write();
        inner.version = version;
        inner.current.clear();
    }

    /// To be taken before [`Known::set_current`]'s key is read.
    pub(crate) fn version(&self) -> i64 {
        self.read().version
    }

    pub(crate) fn current(&self, owner: Owner) -> Option<Arc<DataKey>> {
        let inner = self.read();
        let (version, key) = inner.current.get(&owner)?;
        (*version == inner.version).then(|| Arc::clone(key))
    }

    /// Remembers a key that is committed. `version` = what [`Known::version`] said before it was read.
    pub(crate) fn set_current(&self, owner: Owner, key: Arc<DataKey>, version: i64) {
        self.write().current.insert(owner, (version, key));
    }

    pub(crate) fn find(&self, owner: Owner, id: Uuid) -> Option<Arc<DataKey>> {
        self.read().keys.get(&(owner, id)).map(Arc::clone)
    }

    pub(crate) fn keep(&self, owner: Owner, key: DataKey) -> Arc<DataKey> {
        let key = Arc::new(key);
        self.write().keys.insert((owner, key.id()), Arc::clone(&key));
        key
    }

    /// The keys of fingerprints that an earlier key file made, newest first.
    pub(super) fn fingerprints(&self) -> Vec<Arc<FingerprintKey>> {
        self.read().fingerprints.clone()
    }

    pub(super) fn set_fingerprints(&self, keys: Vec<Arc<FingerprintKey>>) {
        self.write().fingerprints = keys;
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_current_is_asked_for_again_when_the_registry_has_changed() {
        let known = Known::default();
        known.notice(1);
        let first = known.keep(Owner::Gateway, DataKey::draw().unwrap());
        known.set_current(Owner::Gateway, Arc::clone(&first), known.version());
        assert_eq!(known.current(Owner::Gateway).unwrap().id(), first.id());
        known.notice(1);
        assert!(known.current(Owner::Gateway).is_some());
        known.notice(2);
        assert!(known.current(Owner::Gateway).is_none());
        assert!(known.find(Owner::Gateway, first.id()).is_some());
    }

    #[test]
    fn a_key_read_before_the_registry_changed_is_not_current_after() {
        let known = Known::default();
        known.notice(1);
        let before = known.version();
        let key = known.keep(Owner::Gateway, DataKey::draw().unwrap());
        known.notice(2);
        known.set_current(Owner::Gateway, key, before);
        assert!(known.current(Owner::Gateway).is_none());
    }
}
