//! The key of a token, and the one algorithm that this key stands for.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::refusal::Reason;

/// A public key in a JWK set. Unknown members and keys of other kinds are passed over.
#[derive(Debug, Clone, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

#[derive(Debug, Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

/// The algorithms that are taken at all. No HMAC and no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Signing {
    /// As a token's header must write it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Ps256 => Algorithm::PS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// A key with its algorithm.
pub(super) struct PublicKey {
    pub(super) signing: Signing,
    key: DecodingKey,
}

/// Whether a set holds the key of a token.
pub(super) enum Found {
    Key(PublicKey),
    /// A newer set may hold it.
    Unknown,
}

/// The base64 of a modulus of 2,048 bits; shorter RSA keys are not taken.
const SHORTEST_MODULUS: usize = 342;

impl PublicKey {
    /// Whether `signature` is this key's over `signed`.
    pub(super) fn signed(&self, signed: &str, signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.key, self.signing.algorithm())
            .unwrap_or(false)
    }
}

/// The key of `kid` in `set`, with an algorithm of `allowed`. A token without `kid` fits only a set with one
/// usable key.
pub(super) fn find(set: &str, kid: Option<&str>, allowed: &[String]) -> Result<Found, Reason> {
    let set: JwkSet = serde_json::from_str(set).map_err(|_| Reason::Key)?;
    let usable: Vec<_> = set
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
        .filter(|key| key.usage.as_deref().is_none_or(|usage| usage == "sig"))
        .filter_map(|key| Some((key.signing(allowed)?, key)))
        .filter(|(_, key)| kid.is_none() || key.kid.as_deref() == kid)
        .collect();
    // Two keys of one name: which one was meant is not for the token to decide.
    match usable.as_slice() {
        [(signing, key)] => Ok(Found::Key(PublicKey {
            signing: *signing,
            key: key.decoding_key().ok_or(Reason::Key)?,
        })),
        [] => Ok(Found::Unknown),
        [_, _, ..] => Err(Reason::Key),
    }
}

impl Jwk {
    /// The one algorithm the key is for: its own `alg`, else the first allowed one of its kind.
    fn signing(&self, allowed: &[String]) -> Option<Signing> {
        let fits = |name: &str| match (self.kty.as_str(), self.crv.as_deref(), name) {
            ("RSA", _, "RS256") => Some(Signing::Rs256),
            ("RSA", _, "PS256") => Some(Signing::Ps256),
            ("EC", Some("P-256"), "ES256") => Some(Signing::Es256),
            ("OKP", Some("Ed25519"), "EdDSA" | "Ed25519") => Some(Signing::EdDsa),
            _ => None,
        };
        match self.alg.as_deref() {
            Some(own) => {
                let listed = if own == "Ed25519" { "EdDSA" } else { own };
                allowed.iter().any(|name| name == listed).then(|| fits(own))?
            }
            None => allowed.iter().find_map(|name| fits(name)),
        }
    }

    fn decoding_key(&self) -> Option<DecodingKey> {
        match (self.kty.as_str(), &self.n, &self.e, &self.x, &self.y) {
            ("RSA", Some(n), Some(e), _, _) if n.len() >= SHORTEST_MODULUS => {
                DecodingKey::from_rsa_components(n, e).ok()
            }
            ("EC", _, _, Some(x), Some(y)) => DecodingKey::from_ec_components(x, y).ok(),
            ("OKP", _, _, Some(x), _) => DecodingKey::from_ed_components(x).ok(),
            _ => None,
        }
    }
}
