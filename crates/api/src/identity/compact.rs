//! A JWS in its compact form, taken apart and not yet believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::refusal::Reason;

/// The parts of a token.
pub(super) struct Compact<'a> {
    pub(super) header: Header,
    /// The decoded claims, as JSON.
    pub(super) payload: Vec<u8>,
    /// What was signed: header and claims as they came.
    pub(super) signed: &'a str,
    /// Base64, as it came.
    pub(super) signature: &'a str,
}

/// What is read of a header. `jku`, `jwk`, `x5u` and `x5c` are ignored: a token does not bring its own key.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    #[serde(default)]
    pub(super) kid: Option<String>,
    #[serde(default)]
    pub(super) typ: Option<String>,
    /// Present at all, even as null or empty, it is refused: no extension is understood here.
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
}

fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<IgnoredAny>, D::Error> {
    IgnoredAny::deserialize(value).map(Some)
}

impl<'a> Compact<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, Reason> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Reason::NotAToken)?;
        let (header, payload) = signed.split_once('.').ok_or(Reason::NotAToken)?;
        if payload.contains('.') || signature.is_empty() {
            return Err(Reason::NotAToken);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::NotAToken);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Reason::NotAToken)?;
        if header.crit.is_some() {
            return Err(Reason::Critical);
        }
        Ok(Self {
            header,
            payload: decode(payload)?,
            signed,
            signature,
        })
    }

    /// Whether the header says that this is an access token (RFC 9068, section 2.1).
    pub(super) fn is_access_token(&self) -> bool {
        self.header.typ.as_deref().is_some_and(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ == "at+jwt" || typ == "application/at+jwt"
        })
    }
}
