//! Key sets: client id, client secret and two interchangeable subscription keys.

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::registry::parties::Environment;

/// What a key set reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "id")]
pub enum Owner {
    /// One sales unit, by its MSN.
    SalesUnit(String),
    /// Every sales unit connected to the partner, and Management. Production only.
    Partner(String),
    /// Management alone, for one partner, by the specialised token. Production only.
    Management(String),
    /// Report alone, by the specialised token. Production only.
    Accounting(String),
}

impl Owner {
    fn parts(&self) -> [&str; 2] {
        match self {
            Self::SalesUnit(id) => ["unit", id],
            Self::Partner(id) => ["partner", id],
            Self::Management(id) => ["management", id],
            Self::Accounting(id) => ["accounting", id],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeySet {
    pub owner: Owner,
    /// A GUID.
    pub client_id: String,
    pub client_secret: String,
    pub primary_subscription_key: String,
    pub secondary_subscription_key: String,
    /// Rises when the keys are regenerated; tokens of an earlier generation are refused.
    pub generation: u32,
    /// How often each subscription key was rotated: primary, secondary.
    pub(crate) rotations: [u32; 2],
}

impl KeySet {
    /// The keys of `owner` in its `generation`: always the same ones, so that examples can be copied.
    pub(crate) fn generated(environment: Environment, owner: Owner, generation: u32) -> Self {
        let [kind, id] = owner.parts();
        let nth = generation.to_string();
        let parts = |what| [environment.name(), kind, id, nth.as_str(), what];
        let client_id = digest::uuid(0, &parts("client id")).to_string();
        let client_secret = digest::base64_of(0, &parts("client secret"), 28);
        let primary_subscription_key = digest::hex32(0, &parts("primary"));
        let secondary_subscription_key = digest::hex32(0, &parts("secondary"));
        Self {
            owner,
            client_id,
            client_secret,
            primary_subscription_key,
            secondary_subscription_key,
            generation,
            rotations: [0, 0],
        }
    }

    pub fn has_subscription_key(&self, key: &str) -> bool {
        key == self.primary_subscription_key || key == self.secondary_subscription_key
    }
}

/// One of the two subscription keys of a key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Which {
    Primary,
    Secondary,
}
