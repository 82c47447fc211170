//! What the hash of an entry is of, and what seals hold together.

use sha2::{Digest, Sha256};

use super::{Chain, Entry};
use crate::Keyring;
use crate::moment::Moment;
use crate::sealing::hex;

/// What makes these seals differ from fingerprints of anything else.
const ENTRY: &str = "audit entry";
const HEAD: &str = "audit head";

/// What makes this hash differ from one of anything else; the number rises with the list of fields.
const FORM: &[u8] = b"nordbro audit 1";

impl Entry {
    /// The hash of this entry after one with the hash `before`; empty for the first of a chain. SHA-256 over
    /// each field with its length before it, as eight bytes, the most significant first: the words
    /// `nordbro audit 1`, the hash before (as text), the chain (16 bytes, zeros for the gateway), the sequence and
    /// the microseconds since 1970 (8 bytes each), the entry's id (16 bytes), then as text the environment or
    /// nothing, actor, executor, action, target, reason, before and after.
    pub fn hash_after(&self, before: &str) -> String {
        let environment = self.environment.map_or("", domain::Environment::as_str);
        let mut hash = Sha256::new();
        for field in [
            FORM,
            before.as_bytes(),
            self.chain.uuid().as_bytes().as_slice(),
            &self.sequence.to_be_bytes(),
            &Moment::from(self.at).0.to_be_bytes(),
            self.id.as_bytes(),
            environment.as_bytes(),
            self.actor.as_bytes(),
            self.executor.as_bytes(),
            self.action.as_bytes(),
            self.target.as_bytes(),
            self.reason.as_bytes(),
            self.before.as_bytes(),
            self.after.as_bytes(),
        ] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hex(&hash.finalize())
    }
}

/// The seal of an entry's hash.
pub(super) fn seal_of_entry(keyring: &Keyring, hash: &str) -> String {
    keyring.fingerprint(ENTRY, hash.as_bytes())
}

/// Whether an entry's seal is of its hash; not so when its key is not here.
pub(super) fn is_seal_of_entry(keyring: &Keyring, seal: &str, hash: &str) -> bool {
    keyring.is_of(seal, ENTRY, hash.as_bytes()) == Some(true)
}

pub(super) fn seal_of_head(keyring: &Keyring, chain: Chain, sequence: i64, hash: &str) -> String {
    keyring.fingerprint(HEAD, &head(chain, sequence, hash))
}

pub(super) fn is_seal_of_head(
    keyring: &Keyring,
    seal: &str,
    chain: Chain,
    sequence: i64,
    hash: &str,
) -> bool {
    keyring.is_of(seal, HEAD, &head(chain, sequence, hash)) == Some(true)
}

/// Fixed lengths first, so that no two heads read alike.
fn head(chain: Chain, sequence: i64, hash: &str) -> Vec<u8> {
    let mut bytes = chain.uuid().as_bytes().to_vec();
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}
