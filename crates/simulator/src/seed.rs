//! The seed file: one YAML or JSON document that says who there is in both worlds, and with which
//! dials and faults they start. JSON is YAML, so one reader takes both.

use serde::{Deserialize, Serialize};

use crate::dials::Dials;
use crate::faults::Rule;
use crate::registry::Registry;
use crate::registry::keys::{KeySet, Owner};
use crate::registry::parties::{Environment, Features, Market, Merchant, Partner, SalesUnit, User};

/// The content of a seed file. Unknown properties are errors.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Seed {
    pub test: WorldSeed,
    pub production: WorldSeed,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorldSeed {
    pub partners: Vec<PartnerSeed>,
    pub merchants: Vec<MerchantSeed>,
    pub users: Vec<User>,
    pub dials: Dials,
    pub faults: Vec<Rule>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartnerSeed {
    pub id: String,
    pub name: String,
    /// Partner keys; ignored in the test world, where none exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysSeed>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MerchantSeed {
    pub number: String,
    pub name: String,
    pub country: Market,
    #[serde(default = "active")]
    pub active: bool,
    #[serde(default)]
    pub units: Vec<UnitSeed>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitSeed {
    pub msn: String,
    pub name: String,
    #[serde(default)]
    pub partner: Option<String>,
    #[serde(default = "active")]
    pub active: bool,
    #[serde(default)]
    pub features: Features,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysSeed>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeysSeed {
    pub client_id: String,
    pub client_secret: String,
    pub primary_subscription_key: String,
    pub secondary_subscription_key: String,
}

/// Why a seed file is refused.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("the seed file is no valid seed: {0}")]
    Malformed(#[source] Box<serde_saphyr::Error>),
    #[error("the {world} world names the {what} {id} twice")]
    Twice {
        world: &'static str,
        what: &'static str,
        id: String,
    },
    #[error("the sales unit {msn} of the {world} world names the unknown partner {partner}")]
    UnknownPartner {
        world: &'static str,
        msn: String,
        partner: String,
    },
    #[error("the MSN {msn} is not 4 to 10 digits")]
    Msn { msn: String },
}

impl Seed {
    /// Reads a seed file's content, YAML or JSON.
    ///
    /// # Errors
    /// When it is malformed or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let seed: Self =
            serde_saphyr::from_str(text).map_err(|error| SeedError::Malformed(Box::new(error)))?;
        seed.test.registry(Environment::Test)?;
        seed.production.registry(Environment::Production)?;
        Ok(seed)
    }

    /// The built-in world: two partners with several sales units each, in NO, DK and FI.
    ///
    /// # Errors
    /// Never in practice: a test reads the built-in document.
    pub fn built_in() -> Result<Self, SeedError> {
        Self::parse(include_str!("default-world.yaml"))
    }
}

impl WorldSeed {
    pub(crate) fn registry(&self, environment: Environment) -> Result<Registry, SeedError> {
        let world = environment.name();
        let twice = |what, id: &str| SeedError::Twice {
            world,
            what,
            id: id.to_owned(),
        };
        let mut registry = Registry::new(environment);
        for partner in &self.partners {
            let entry = Partner {
                id: partner.id.clone(),
                name: partner.name.clone(),
            };
            if registry.partners.insert(partner.id.clone(), entry).is_some() {
                return Err(twice("partner", &partner.id));
            }
            if environment == Environment::Production {
                add_keys(
                    &mut registry,
                    Owner::Partner(partner.id.clone()),
                    partner.keys.as_ref(),
                );
                add_keys(&mut registry, Owner::Management(partner.id.clone()), None);
                add_keys(&mut registry, Owner::Accounting(partner.id.clone()), None);
            }
        }
        for merchant in &self.merchants {
            let (number, name, country, active) = (
                merchant.number.clone(),
                merchant.name.clone(),
                merchant.country,
                merchant.active,
            );
            let entry = Merchant {
                number,
                name,
                country,
                active,
            };
            if registry
                .merchants
                .insert(merchant.number.clone(), entry)
                .is_some()
            {
                return Err(twice("merchant", &merchant.number));
            }
            for unit in &merchant.units {
                if !is_msn(&unit.msn) {
                    return Err(SeedError::Msn {
                        msn: unit.msn.clone(),
                    });
                }
                if let Some(partner) = unit
                    .partner
                    .clone()
                    .filter(|id| !registry.partners.contains_key(id))
                {
                    return Err(SeedError::UnknownPartner {
                        world,
                        msn: unit.msn.clone(),
                        partner,
                    });
                }
                if registry
                    .units
                    .insert(unit.msn.clone(), unit.entry(merchant))
                    .is_some()
                {
                    return Err(twice("sales unit", &unit.msn));
                }
                add_keys(
                    &mut registry,
                    Owner::SalesUnit(unit.msn.clone()),
                    unit.keys.as_ref(),
                );
            }
        }
        for user in &self.users {
            registry.users.insert(user.phone_number.clone(), user.clone());
        }
        Ok(registry)
    }
}

impl UnitSeed {
    fn entry(&self, merchant: &MerchantSeed) -> SalesUnit {
        SalesUnit {
            msn: self.msn.clone(),
            name: self.name.clone(),
            merchant: merchant.number.clone(),
            market: merchant.country,
            partner: self.partner.clone(),
            active: self.active,
            features: self.features.clone(),
        }
    }
}

fn add_keys(registry: &mut Registry, owner: Owner, given: Option<&KeysSeed>) {
    let mut keys = KeySet::generated(registry.environment, owner, 0);
    if let Some(given) = given.cloned() {
        keys.client_id = given.client_id;
        keys.client_secret = given.client_secret;
        keys.primary_subscription_key = given.primary_subscription_key;
        keys.secondary_subscription_key = given.secondary_subscription_key;
    }
    registry.keys.insert(keys.client_id.clone(), keys);
}

/// Four to ten digits.
pub(crate) fn is_msn(text: &str) -> bool {
    (4..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn active() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_world_has_two_partners_with_units_in_three_markets_and_partner_keys_in_production_only() {
        let seed = Seed::built_in().unwrap();
        let test = seed.test.registry(Environment::Test).unwrap();
        let production = seed.production.registry(Environment::Production).unwrap();
        for registry in [&test, &production] {
            for partner in ["north", "south"] {
                let units: Vec<_> = registry
                    .units()
                    .filter(|it| it.partner.as_deref() == Some(partner))
                    .collect();
                assert_eq!(units[0].market, Market::No);
                assert!(units.iter().any(|it| it.market == Market::Dk));
                assert!(units.iter().any(|it| it.market == Market::Fi));
            }
            assert_eq!(registry.units_with_keys().len(), 8);
        }
        assert!(test.keys_of(&Owner::Partner("north".into())).is_none());
        assert!(production.keys_of(&Owner::Partner("north".into())).is_some());
    }

    #[test]
    fn a_seed_may_be_json_and_name_its_own_keys() {
        let text = r#"{"test":{"merchants":[{"number":"1","name":"M","country":"NO","units":[{"msn":"4444",
            "name":"U","keys":{"clientId":"c","clientSecret":"s","primarySubscriptionKey":"p","secondarySubscriptionKey":"q"}}]}]}}"#;
        let registry = Seed::parse(text)
            .unwrap()
            .test
            .registry(Environment::Test)
            .unwrap();
        assert_eq!(
            registry.key_set("c").map(|it| it.client_secret.as_str()),
            Some("s")
        );
    }

    #[test]
    fn a_seed_with_an_unknown_property_or_partner_is_refused() {
        assert!(Seed::parse("tset: {}").is_err());
        let text = "test: { merchants: [{ number: '1', name: M, country: FI, units: [{ msn: '4444', name: U, partner: x }] }] }";
        assert!(matches!(Seed::parse(text), Err(SeedError::UnknownPartner { .. })));
    }
}
