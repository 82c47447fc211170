//! Where the payments are: found by MSN and reference, in shards that lock apart.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use crate::epayment::payment::{Payment, Slot};
use crate::lock::Held as _;

const SHARDS: usize = 64;

pub(crate) struct Payments {
    shards: Vec<Mutex<HashSet<ByName>>>,
    /// One text per MSN, shared by all its payments.
    msns: Mutex<HashMap<Box<str>, Arc<str>>>,
}

impl Default for Payments {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            msns: Mutex::default(),
        }
    }
}

impl Payments {
    pub(crate) fn find(&self, msn: &str, reference: &str) -> Option<Arc<Slot>> {
        let name = (msn, reference);
        self.shard(&name)
            .held()
            .get(&name as &dyn Named)
            .map(|found| found.0.clone())
    }

    /// Puts a payment in its place, unless the reference is taken at this MSN.
    pub(crate) fn insert(&self, msn: &str, reference: &str, payment: Payment) -> Option<Arc<Slot>> {
        let slot = Arc::new(Slot::new(self.msn(msn), reference, payment));
        let mut shard = self.shard(&(msn, reference)).held();
        shard.insert(ByName(slot.clone())).then_some(slot)
    }

    pub(crate) fn all(&self) -> Vec<Arc<Slot>> {
        let mut all: Vec<_> = self
            .shards
            .iter()
            .flat_map(|shard| shard.held().iter().map(|it| it.0.clone()).collect::<Vec<_>>())
            .collect();
        all.sort_by(|left, right| (&left.msn, &left.reference).cmp(&(&right.msn, &right.reference)));
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.held().len()).sum()
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            shard.held().clear();
        }
    }

    fn msn(&self, msn: &str) -> Arc<str> {
        let mut known = self.msns.held();
        if let Some(found) = known.get(msn) {
            return found.clone();
        }
        let new: Arc<str> = msn.into();
        known.insert(msn.into(), new.clone());
        new
    }

    fn shard(&self, name: &dyn Named) -> &Mutex<HashSet<ByName>> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or_default();
        &self.shards[index]
    }
}

/// A slot that is found by its name, without a second copy of it.
struct ByName(Arc<Slot>);

trait Named {
    fn name(&self) -> (&str, &str);
}

impl Named for ByName {
    fn name(&self) -> (&str, &str) {
        (&self.0.msn, &self.0.reference)
    }
}

impl Named for (&str, &str) {
    fn name(&self) -> (&str, &str) {
        *self
    }
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for dyn Named + '_ {}

impl Hash for ByName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ByName {}

impl<'a> Borrow<dyn Named + 'a> for ByName {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}
