//! What the portal and Vipps' staff can change: connections, keys, features.

use crate::digest;
use crate::registry::Registry;
use crate::registry::keys::{KeySet, Owner, Which};
use crate::registry::parties::Features;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this world knows no {what} {id}")]
pub struct UnknownEntry {
    pub what: &'static str,
    pub id: String,
}

impl Registry {
    /// Connects a sales unit to another partner, or to none. From then on only that partner's keys reach it.
    pub fn connect(&mut self, msn: &str, partner: Option<&str>) -> Result<(), UnknownEntry> {
        if let Some(id) = partner.filter(|id| !self.partners.contains_key(*id)) {
            return Err(UnknownEntry {
                what: "partner",
                id: id.to_owned(),
            });
        }
        self.unit_mut(msn)?.partner = partner.map(str::to_owned);
        Ok(())
    }

    /// Gives a sales unit or partner a new key set. The old client id, secret, subscription keys and
    /// tokens stop working at once.
    pub fn regenerate(&mut self, owner: &Owner) -> Result<KeySet, UnknownEntry> {
        let old = self.keys_of(owner).cloned().ok_or_else(|| unknown_keys(owner))?;
        self.keys.remove(&old.client_id);
        let new = KeySet::generated(self.environment, owner.clone(), old.generation + 1);
        self.keys.insert(new.client_id.clone(), new.clone());
        Ok(new)
    }

    /// Replaces one of the two subscription keys; the other one and all tokens go on working.
    pub fn rotate(&mut self, owner: &Owner, which: Which) -> Result<KeySet, UnknownEntry> {
        let id = self
            .keys_of(owner)
            .map(|keys| keys.client_id.clone())
            .ok_or_else(|| unknown_keys(owner))?;
        let keys = self.keys.get_mut(&id).ok_or_else(|| unknown_keys(owner))?;
        let (name, slot) = match which {
            Which::Primary => ("rotated primary", 0),
            Which::Secondary => ("rotated secondary", 1),
        };
        keys.rotations[slot] += 1;
        let key = digest::hex32(0, &[&id, name, &keys.rotations[slot].to_string()]);
        match which {
            Which::Primary => keys.primary_subscription_key = key,
            Which::Secondary => keys.secondary_subscription_key = key,
        }
        Ok(keys.clone())
    }

    pub fn set_active(&mut self, msn: &str, active: bool) -> Result<(), UnknownEntry> {
        self.unit_mut(msn)?.active = active;
        Ok(())
    }

    pub fn set_features(&mut self, msn: &str, features: Features) -> Result<(), UnknownEntry> {
        self.unit_mut(msn)?.features = features;
        Ok(())
    }

    fn unit_mut(&mut self, msn: &str) -> Result<&mut crate::registry::parties::SalesUnit, UnknownEntry> {
        self.units.get_mut(msn).ok_or_else(|| UnknownEntry {
            what: "sales unit",
            id: msn.to_owned(),
        })
    }
}

fn unknown_keys(owner: &Owner) -> UnknownEntry {
    UnknownEntry {
        what: "key set of",
        id: format!("{owner:?}"),
    }
}
