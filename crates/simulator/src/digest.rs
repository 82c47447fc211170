//! Everything that looks random here is a digest of what it belongs to, so that the same seed
//! gives the same history byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// Digests `parts`, each prefixed by its length, so that no two lists of parts are confused.
pub(crate) fn of(seed: u64, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

pub(crate) fn uuid(seed: u64, parts: &[&str]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&of(seed, parts)[..16]);
    Builder::from_random_bytes(bytes).into_uuid()
}

pub(crate) fn number(seed: u64, parts: &[&str]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&of(seed, parts)[..8]);
    u64::from_be_bytes(bytes)
}

pub(crate) fn hex32(seed: u64, parts: &[&str]) -> String {
    data_encoding::HEXLOWER.encode(&of(seed, parts)[..16])
}

pub(crate) fn base64_of(seed: u64, parts: &[&str], bytes: usize) -> String {
    STANDARD.encode(&of(seed, parts)[..bytes.min(32)])
}

/// A W3C trace id as Vipps puts it into its problems.
pub(crate) fn trace(seed: u64, parts: &[&str]) -> String {
    let digest = of(seed, parts);
    let hex = data_encoding::HEXLOWER.encode(&digest[..24]);
    format!("00-{}-{}-01", &hex[..32], &hex[32..])
}
