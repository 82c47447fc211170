//! The portal's truth: who there is in one world and which keys reach what.

mod change;
mod grow;
pub mod keys;
pub mod parties;

use std::collections::BTreeMap;

use crate::registry::keys::{KeySet, Owner};
use crate::registry::parties::{Environment, Merchant, Partner, SalesUnit, User};

pub use crate::registry::change::UnknownEntry;

/// Everything about one world that its portal knows. Small: read under one lock, scanned freely.
#[derive(Clone, Debug)]
pub struct Registry {
    pub(crate) environment: Environment,
    pub(crate) partners: BTreeMap<String, Partner>,
    pub(crate) merchants: BTreeMap<String, Merchant>,
    pub(crate) units: BTreeMap<String, SalesUnit>,
    pub(crate) users: BTreeMap<String, User>,
    /// By client id.
    pub(crate) keys: BTreeMap<String, KeySet>,
}

/// A sales unit together with the keys that were made for it alone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnitWithKeys {
    #[serde(flatten)]
    pub unit: SalesUnit,
    pub keys: KeySet,
}

impl Registry {
    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            environment,
            partners: BTreeMap::new(),
            merchants: BTreeMap::new(),
            units: BTreeMap::new(),
            users: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values()
    }

    pub fn merchant(&self, number: &str) -> Option<&Merchant> {
        self.merchants.get(number)
    }

    /// Sales units, ordered by MSN.
    pub fn units(&self) -> impl Iterator<Item = &SalesUnit> {
        self.units.values()
    }

    pub fn unit(&self, msn: &str) -> Option<&SalesUnit> {
        self.units.get(msn)
    }

    pub fn user(&self, phone_number: &str) -> Option<&User> {
        self.users.get(phone_number)
    }

    /// The key set of a client id, when it is the present one of its owner.
    pub fn key_set(&self, client_id: &str) -> Option<&KeySet> {
        self.keys.get(client_id)
    }

    pub fn keys_of(&self, owner: &Owner) -> Option<&KeySet> {
        self.keys.values().find(|keys| keys.owner == *owner)
    }

    /// Whether `owner`'s keys may act for the sales unit `msn`.
    pub fn reaches(&self, owner: &Owner, msn: &str) -> bool {
        let Some(unit) = self.units.get(msn).filter(|unit| unit.active) else {
            return false;
        };
        let merchant_active = self
            .merchants
            .get(&unit.merchant)
            .is_none_or(|merchant| merchant.active);
        merchant_active
            && match owner {
                Owner::SalesUnit(own) => own == msn,
                Owner::Partner(id) => unit.partner.as_ref() == Some(id),
                Owner::Management(_) | Owner::Accounting(_) => false,
            }
    }

    /// Sales units with their own keys, ordered by MSN.
    pub fn units_with_keys(&self) -> Vec<UnitWithKeys> {
        let with_keys = |unit: &SalesUnit| {
            let keys = self.keys_of(&Owner::SalesUnit(unit.msn.clone()))?;
            Some(UnitWithKeys {
                unit: unit.clone(),
                keys: keys.clone(),
            })
        };
        self.units.values().filter_map(with_keys).collect()
    }
}
