//! A sales unit to be drafted.

use app::registry::Market;
use domain::{CredentialMode, Msn};

use super::{one_of, only};
use crate::body::At;
use crate::forwarded::Facts;

/// What the body says; the merchant stands in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewUnit {
    pub msn: Msn,
    pub name: String,
    pub market: Option<Market>,
    pub mode: CredentialMode,
}

impl Facts for NewUnit {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["msn", "name", "market", "credentialMode"]);
        let msn = body.field("msn").required().and_then(|at| {
            let msn = at.text()?.parse().ok();
            if msn.is_none() {
                at.fault("format", "must be 4 to 10 digits, as text");
            }
            msn
        });
        let name = body.field("name").required().and_then(|at| at.text_of(1, 100));
        let market = match body.field("market").optional() {
            Some(at) => Some(one_of(&at, &Market::ALL, Market::as_str)?),
            None => None,
        };
        let mode = match body.field("credentialMode").optional() {
            Some(at) => one_of(&at, &CredentialMode::ALL, CredentialMode::as_str)?,
            None => CredentialMode::Own,
        };
        Some(Self {
            msn: msn?,
            name: name?.to_owned(),
            market,
            mode,
        })
    }
}
