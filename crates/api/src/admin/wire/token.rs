//! A token that was taken back, on the wire.

use app::registry::{RevokedOperatorToken, RevokedToken};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// One token that is not good any more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Revocation {
    #[schema(example = "7b1f0e0c")]
    jti: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    /// After this it has expired whatever it says.
    until: Moment,
}

impl From<RevokedToken> for Revocation {
    fn from(token: RevokedToken) -> Self {
        Self {
            jti: token.jti,
            partner_id: token.partner.to_string(),
            environment: token.environment.as_str(),
            until: token.until.into(),
        }
    }
}

/// One token of an operator that is not good any more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatorRevocation {
    #[schema(example = "5d0c2f1e")]
    jti: String,
    /// The operators' issuer.
    #[schema(example = "https://login.example.com/realms/staff")]
    iss: String,
    /// After this it has expired whatever it says.
    until: Moment,
}

impl From<RevokedOperatorToken> for OperatorRevocation {
    fn from(token: RevokedOperatorToken) -> Self {
        Self {
            jti: token.jti,
            iss: token.iss,
            until: token.until.into(),
        }
    }
}
