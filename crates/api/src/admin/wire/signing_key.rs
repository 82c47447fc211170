//! A signing key on the wire: never its private half.

use app::identity::signing::KnownKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// One key of the gateway's own issuer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SigningKey {
    /// The thumbprint of its public half (RFC 7638), as in `/.well-known/jwks.json` and in the heads of tokens.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: String,
    /// Whether it is the one that signs now.
    signs: bool,
    signs_from: Moment,
    signs_until: Moment,
    /// What it signed is believed until then.
    published_until: Moment,
    created_at: Moment,
}

impl From<KnownKey> for SigningKey {
    fn from(key: KnownKey) -> Self {
        Self {
            kid: key.kid,
            signs: key.is_current,
            signs_from: key.signs_from.into(),
            signs_until: key.signs_until.into(),
            published_until: key.published_until.into(),
            created_at: key.created_at.into(),
        }
    }
}
