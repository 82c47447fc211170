//! Issuers of tokens, honest and otherwise.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

/// A partner's identity provider with one ES256 key.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub iss: String,
    pub aud: String,
    pub kid: String,
    key: Arc<EcdsaKeyPair>,
}

impl Issuer {
    pub fn new(iss: &str, aud: &str) -> Self {
        Self {
            iss: iss.to_owned(),
            aud: aud.to_owned(),
            kid: format!("{iss}#1"),
            key: Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
        }
    }

    /// The public key as it is published.
    pub fn jwks(&self) -> String {
        let point = self.key.public_key().as_ref();
        let coordinate = |range| BASE64URL_NOPAD.encode(&point[range]);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": coordinate(1..33), "y": coordinate(33..65),
        }]})
        .to_string()
    }

    /// A token that is good from `now` for ten minutes, with every scope.
    pub fn token(&self, now: OffsetDateTime) -> Token<'_> {
        let claims = json!({
            "iss": self.iss, "aud": self.aud, "sub": "till-7", "scope": every_scope(),
            "iat": now.unix_timestamp(), "exp": (now + Duration::minutes(10)).unix_timestamp(),
        });
        Token {
            issuer: self,
            header: object(json!({"alg": "ES256", "typ": "at+jwt", "kid": self.kid})),
            claims: object(claims),
        }
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&SystemRandom::new(), bytes).unwrap();
        signature.as_ref().to_vec()
    }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else {
        return Map::new();
    };
    object
}

/// All scopes, as the claim says them.
pub fn every_scope() -> String {
    let words: Vec<_> = app::Scope::ALL.into_iter().map(app::Scope::as_str).collect();
    words.join(" ")
}

/// A token in the making.
#[derive(Debug, Clone)]
pub struct Token<'i> {
    issuer: &'i Issuer,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Token<'_> {
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    #[must_use]
    pub fn head(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn headless(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.claim("scope", scope)
    }

    #[must_use]
    pub fn msns(self, msns: &[&str]) -> Self {
        self.claim("msns", msns)
    }

    fn signed_part(&self) -> String {
        let part = |map: &Map<String, Value>| BASE64URL_NOPAD.encode(&serde_json::to_vec(map).unwrap());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    /// Signed by the issuer's own key.
    pub fn signed(&self) -> String {
        self.signed_by(self.issuer)
    }

    /// Signed by somebody else's key.
    pub fn signed_by(&self, other: &Issuer) -> String {
        let part = self.signed_part();
        let signature = BASE64URL_NOPAD.encode(&other.sign(part.as_bytes()));
        format!("{part}.{signature}")
    }

    /// With whatever stands where the signature should be.
    pub fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signed_part(), BASE64URL_NOPAD.encode(signature))
    }

    /// HS256 with bytes that everybody knows as its secret.
    pub fn keyed_with(&self, secret: &[u8]) -> String {
        let part = self.signed_part();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(part.as_bytes());
        format!("{part}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
    }
}
