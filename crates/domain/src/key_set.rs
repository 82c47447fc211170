//! Keys at Vipps.

use crate::{Environment, KeySetId, Secret};

/// What a key set may be used for (Vipps knowledge base, API keys, 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeySetKind {
    /// Reaches the one sales unit it belongs to.
    SalesUnit,
    /// One set for all sales units connected to the partner. Production only.
    Partner,
    /// The operator's partner keys, for partners that have none. Never proves a claim on a unit.
    Platform,
    /// Reports only.
    Accounting,
}

impl KeySetKind {
    pub const ALL: [Self; 4] = [Self::SalesUnit, Self::Partner, Self::Platform, Self::Accounting];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SalesUnit => "sales_unit",
            Self::Partner => "partner",
            Self::Platform => "platform",
            Self::Accounting => "accounting",
        }
    }
}

/// Which kind of key set serves a sales unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialMode {
    Own,
    Partner,
    Platform,
}

impl CredentialMode {
    pub const ALL: [Self; 3] = [Self::Own, Self::Partner, Self::Platform];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Partner => "partner",
            Self::Platform => "platform",
        }
    }
}

/// The keys that open Vipps' doors. `version` rises when any member changes, so that a cached access
/// token of older keys is never used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    pub id: KeySetId,
    pub version: i64,
    pub kind: KeySetKind,
    pub environment: Environment,
    pub client_id: String,
    pub client_secret: Secret,
    /// `Ocp-Apim-Subscription-Key`, primary.
    pub subscription_key: Secret,
    /// Interchangeable with the primary, so that keys rotate without a pause.
    pub secondary_subscription_key: Option<Secret>,
}
