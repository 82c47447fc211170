//! The keys of our own issuer: drawn here, kept by `app`.

use app::audit::Actor;
use app::identity::signing::{KnownKey, NewKey, SigningKeys};
use app::{App, Error};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Secret;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The signing keys, rotated when that is due.
pub(super) async fn keys(app: &App) -> Result<SigningKeys, Error> {
    app.signing_keys(draw).await
}

/// A new key in the place of all there are, because one has leaked: what they signed is refused. Answers with
/// the new key.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn replace(app: &App, by: &Actor) -> Result<KnownKey, Error> {
    let keys = app.replace_signing_keys(by, draw).await?;
    let current = keys.known().into_iter().find(|key| key.is_current);
    current.ok_or(Error::Internal("a new signing key does not sign"))
}

/// Our public keys as a JWK set.
pub(super) async fn published(app: &App) -> Result<String, Error> {
    let keys = keys(app).await?;
    let jwks: Vec<_> = keys.published().map(|key| key.public_jwk.as_str()).collect();
    Ok(format!("{{\"keys\":[{}]}}", jwks.join(",")))
}

/// Draws an ES256 key pair. Its `kid` is the thumbprint of the public key (RFC 7638).
fn draw() -> Result<NewKey, Error> {
    let failed = |_| Error::Internal("no signing key could be drawn");
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(failed)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref())
        .map_err(|_| Error::Internal("a drawn signing key cannot be read"))?;
    // Uncompressed: 0x04, x and y.
    let Some((x, y)) = pair
        .public_key()
        .as_ref()
        .get(1..65)
        .and_then(|point| point.split_at_checked(32))
    else {
        return Err(Error::Internal("a drawn signing key has no point"));
    };
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let thumbprint = Sha256::digest(format!(
        "{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}"
    ));
    let kid = URL_SAFE_NO_PAD.encode(thumbprint);
    let public =
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig" });
    Ok(NewKey {
        kid,
        public_jwk: public.to_string(),
        private: Secret::new(STANDARD.encode(document.as_ref())),
    })
}
