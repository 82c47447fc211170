//! New merchants and sales units, as a completed product order makes them.

use crate::registry::Registry;
use crate::registry::keys::{KeySet, Owner};
use crate::registry::parties::{Features, Market, Merchant, SalesUnit};

/// The first MSN that a world gives to a sales unit of its own making.
const FIRST_MSN: u64 = 600_001;
const LAST_MSN: u64 = 9_999_999_999;

impl Registry {
    /// Adds a merchant unless its organisation number is known; true when it was added.
    pub fn add_merchant(&mut self, number: &str, name: &str, country: Market) -> bool {
        if self.merchants.contains_key(number) {
            return false;
        }
        let merchant = Merchant {
            number: number.to_owned(),
            name: name.to_owned(),
            country,
            active: true,
        };
        self.merchants.insert(number.to_owned(), merchant);
        true
    }

    /// Adds a sales unit with the next free MSN and keys of its own, connected to `partner`. `None`
    /// when the merchant is unknown.
    pub fn add_unit(
        &mut self,
        merchant: &str,
        name: &str,
        partner: Option<&str>,
        features: Features,
    ) -> Option<SalesUnit> {
        let market = self.merchants.get(merchant)?.country;
        let msn = (FIRST_MSN..=LAST_MSN)
            .map(|number| number.to_string())
            .find(|msn| !self.units.contains_key(msn))?;
        let unit = SalesUnit {
            msn: msn.clone(),
            name: name.to_owned(),
            merchant: merchant.to_owned(),
            market,
            partner: partner.map(str::to_owned),
            active: true,
            features,
        };
        let keys = KeySet::generated(self.environment, Owner::SalesUnit(msn.clone()), 0);
        self.keys.insert(keys.client_id.clone(), keys);
        self.units.insert(msn, unit.clone());
        Some(unit)
    }
}
