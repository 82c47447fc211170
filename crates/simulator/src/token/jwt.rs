//! Tokens that prove themselves, so that none needs to be remembered. Signed with a secret of the
//! world: a token of one world is worth nothing in the other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::digest;
use crate::registry::parties::Environment;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Flow {
    Standard,
    Specialised,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    #[serde(rename = "appid")]
    pub(crate) client_id: String,
    #[serde(rename = "gen")]
    pub(crate) generation: u32,
    pub(crate) flow: Flow,
    #[serde(rename = "nbf")]
    pub(crate) issued: i64,
    #[serde(rename = "exp")]
    pub(crate) expires: i64,
}

pub(crate) struct Tokens {
    secret: [u8; 32],
    filling: String,
}

impl Tokens {
    pub(crate) fn new(seed: u64, environment: Environment) -> Self {
        let parts = |n: &str| digest::of(seed, &["token", environment.name(), n]);
        // Real tokens are 1000 characters and more; buffers that are too small shall show.
        let filling = (0..9)
            .map(|n| data_encoding::HEXLOWER.encode(&parts(&n.to_string())))
            .collect();
        Self {
            secret: parts("secret"),
            filling,
        }
    }

    pub(crate) fn issue(&self, claims: &Claims) -> String {
        #[derive(Serialize)]
        struct Payload<'a> {
            #[serde(flatten)]
            claims: &'a Claims,
            filling: &'a str,
        }
        let header = URL_SAFE_NO_PAD.encode(br#"{"typ":"JWT","alg":"HS256"}"#);
        let payload = serde_json::to_vec(&Payload {
            claims,
            filling: &self.filling,
        })
        .unwrap_or_default();
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// The claims of a token of ours; says nothing about its expiry.
    pub(crate) fn read(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        self.mac(signed)
            .verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?)
            .ok()?;
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any length");
        mac.update(signed.as_bytes());
        mac
    }
}
