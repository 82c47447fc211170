//! What the Management API shows to partner keys (Management API 2.0.9, 2026; production only).

use domain::Msn;
use serde::Deserialize;

use super::measure::Endpoint;
use super::wire::not_readable;
use super::{Access, ReadError, Vipps};

/// A sales unit that is connected to the partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedUnit {
    /// Whether payments are allowed. Absent is not "no".
    pub payment_allowed: Option<bool>,
}

/// A merchant of whom the partner has a sales unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedMerchant {
    pub is_active: bool,
}

/// The number is text in the document and an integer in samples.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum WireMsn {
    Text(String),
    Number(u64),
}

impl WireMsn {
    /// The number as text. An integer has lost its leading zeros.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    fn is(&self, msn: &Msn) -> bool {
        match self {
            Self::Text(text) => text == msn.as_str(),
            Self::Number(number) => number.to_string() == msn.as_str().trim_start_matches('0'),
        }
    }
}

impl Vipps {
    /// `GET /management/v1/sales-units/{msn}` with partner keys. `NotFound`: the unit or its merchant is
    /// inactive, or it is not connected to this partner; Vipps does not say which.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_managed_unit(&self, access: &Access, msn: &Msn) -> Result<ManagedUnit, ReadError> {
        #[derive(Deserialize)]
        struct Wire {
            msn: WireMsn,
            #[serde(default)]
            configuration: Configuration,
        }
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Configuration {
            payment_allowed: Option<bool>,
        }
        let path = format!("/management/v1/sales-units/{msn}");
        let endpoint = Endpoint::management("sales-unit");
        self.read(endpoint, &path, &for_all(access), |body| {
            let unit: Wire = serde_json::from_slice(&body).map_err(|error| not_readable(&error))?;
            if !unit.msn.is(msn) {
                return Err("the answer is about another sales unit".to_owned());
            }
            Ok(ManagedUnit {
                payment_allowed: unit.configuration.payment_allowed,
            })
        })
        .await
    }

    /// `GET /management/v1/merchants/{scheme}/{id}` with partner keys. `country` is ISO 3166-1 alpha-2.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_managed_merchant(
        &self,
        access: &Access,
        country: &str,
        number: &str,
    ) -> Result<ManagedMerchant, ReadError> {
        #[derive(Deserialize)]
        struct Wire {
            status: String,
        }
        let scheme = scheme(country).replace(':', "%3A");
        let path = format!("/management/v1/merchants/{scheme}/{number}");
        let endpoint = Endpoint::management("merchant");
        self.read(endpoint, &path, &for_all(access), |body| {
            let merchant: Wire = serde_json::from_slice(&body).map_err(|error| not_readable(&error))?;
            Ok(ManagedMerchant {
                is_active: merchant.status != "DEACTIVATED",
            })
        })
        .await
    }
}

/// The Management API takes no serial number in its headers.
pub(super) fn for_all(access: &Access) -> Access {
    Access {
        msn: None,
        ..access.clone()
    }
}

/// How a country's register is called.
pub(super) fn scheme(country: &str) -> String {
    match country {
        "DK" => "business:DK:CVR".to_owned(),
        "FI" => "business:FI:Y-tunnus".to_owned(),
        other => format!("business:{other}:ORG"),
    }
}
