//! Keyed fingerprints: HMAC-SHA-256 under a key of their own, named by the id of the key file's key it
//! comes from. They outlive that key: what makes them is kept, wrapped, when the key file's keys rotate.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::blob::KEY_ID;

/// What makes fingerprints.
pub(crate) struct FingerprintKey {
    pub(super) id: [u8; KEY_ID],
    pub(super) key: Zeroizing<[u8; 32]>,
}

impl FingerprintKey {
    /// `<key id>.<HMAC-SHA-256>` in hexadecimal. `purpose` keeps fingerprints of different uses apart.
    pub(super) fn fingerprint(&self, purpose: &str, value: &[u8]) -> String {
        let length = u32::try_from(purpose.len()).unwrap_or(u32::MAX).to_be_bytes();
        let digest = mac(&self.key, &[&length, purpose.as_bytes(), value]);
        format!("{}.{}", hex(&self.id), hex(digest.as_slice()))
    }
}

pub(super) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let key = block(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*key).into());
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// HMAC pads its key with zeros to the block of SHA-256; done here, the length can never be refused.
fn block(key: &[u8; 32]) -> Zeroizing<[u8; 64]> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    block
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
