//! The keys, and what is done with them.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use domain::Secret;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::blob::{self, FORMAT, KEY_ID, NONCE, Parts};
use super::context::Context;
use super::key_file::{self, NotAKeyFile};

/// Why a value was not sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the value is sealed with key {key_id}, which the key file does not hold; add that key to the file"
    )]
    UnknownKey { key_id: String },
    #[error(
        "the value does not open in this row: it was altered, or belongs to another row, partner or environment"
    )]
    DoesNotOpen,
    #[error("the value is not in a format this version can open")]
    UnknownFormat,
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// The keys of the key file. Cheap to clone; wiped from memory with the last clone.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Key]>,
}

/// One key of the file, as what is derived from it.
struct Key {
    id: [u8; KEY_ID],
    sealing: Zeroizing<[u8; 32]>,
    fingerprinting: Zeroizing<[u8; 32]>,
}

impl Keyring {
    /// Reads the text of a key file; its form is documented at the top of `key_file.rs` and in the
    /// runbook: one key per line, 32 bytes in base64, the last seals, all open.
    ///
    /// # Errors
    /// The line that is not a key, or that there is none.
    pub fn parse(text: &str) -> Result<Self, NotAKeyFile> {
        let keys: Vec<_> = key_file::parse(text)?
            .iter()
            .map(|master| Key::derive(master))
            .collect();
        Ok(Self { keys: keys.into() })
    }

    /// A fresh key as a line for the key file.
    ///
    /// # Errors
    /// [`Refusal::NoRandomness`].
    pub fn generate() -> Result<Secret, Refusal> {
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| Refusal::NoRandomness)?;
        Ok(Secret::new(key_file::line(&key)))
    }

    /// Seals with the newest key. XChaCha20-Poly1305 with a random nonce of 192 bits, which stays safe for
    /// any number of values one database can hold.
    ///
    /// # Errors
    /// [`Refusal::NoRandomness`].
    pub fn seal(&self, context: &Context, plain: &[u8]) -> Result<Vec<u8>, Refusal> {
        let key = self.newest().ok_or(Refusal::UnknownFormat)?;
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| Refusal::NoRandomness)?;
        let associated = context.associated(FORMAT);
        let payload = Payload {
            msg: plain,
            aad: &associated,
        };
        let ciphertext = key
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Refusal::UnknownFormat)?;
        Ok(blob::join(&Parts {
            key_id: key.id,
            nonce,
            ciphertext: &ciphertext,
        }))
    }

    /// Opens a value in the place it was sealed for.
    ///
    /// # Errors
    /// The key is not in the file, the format is unknown, or it was sealed for another place.
    pub fn open(&self, context: &Context, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let parts = blob::split(sealed).ok_or(Refusal::UnknownFormat)?;
        let key = self
            .keys
            .iter()
            .find(|key| key.id == parts.key_id)
            .ok_or_else(|| Refusal::UnknownKey {
                key_id: hex(&parts.key_id),
            })?;
        let associated = context.associated(FORMAT);
        let payload = Payload {
            msg: parts.ciphertext,
            aad: &associated,
        };
        key.cipher()
            .decrypt(&XNonce::from(parts.nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| Refusal::DoesNotOpen)
    }

    /// A keyed fingerprint by the newest key, carrying that key's id: `<key id>.<HMAC-SHA-256>` in
    /// hexadecimal. `purpose` keeps fingerprints of different uses apart.
    pub fn fingerprint(&self, purpose: &str, value: &[u8]) -> String {
        self.newest()
            .map(|key| key.fingerprint(purpose, value))
            .unwrap_or_default()
    }

    /// The fingerprints of `value` under every key, newest first: to look up what an older key wrote.
    pub fn fingerprints(&self, purpose: &str, value: &[u8]) -> Vec<String> {
        self.keys
            .iter()
            .rev()
            .map(|key| key.fingerprint(purpose, value))
            .collect()
    }

    /// Whether `fingerprint`, by whichever key of the file, is of `value`. `None`: its key is not here.
    pub fn is_of(&self, fingerprint: &str, purpose: &str, value: &[u8]) -> Option<bool> {
        let (id, _) = fingerprint.split_once('.')?;
        let key = self.keys.iter().find(|key| hex(&key.id) == id)?;
        Some(key.fingerprint(purpose, value) == fingerprint)
    }

    fn newest(&self) -> Option<&Key> {
        self.keys.last()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|key| hex(&key.id)).collect();
        f.debug_struct("Keyring").field("key_ids", &ids).finish()
    }
}

impl Key {
    /// Each use has its own key, derived under its own label, so that none can stand in for another.
    fn derive(master: &[u8; 32]) -> Self {
        let mut id = [0; KEY_ID];
        let label = mac(master, &[b"nordbro key id"]);
        for (to, from) in id.iter_mut().zip(label.iter()) {
            *to = *from;
        }
        Self {
            id,
            sealing: mac(master, &[b"nordbro sealing"]),
            fingerprinting: mac(master, &[b"nordbro fingerprint"]),
        }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&CipherKey::from(*self.sealing))
    }

    fn fingerprint(&self, purpose: &str, value: &[u8]) -> String {
        let length = u32::try_from(purpose.len()).unwrap_or(u32::MAX).to_be_bytes();
        let digest = mac(&self.fingerprinting, &[&length, purpose.as_bytes(), value]);
        format!("{}.{}", hex(&self.id), hex(digest.as_slice()))
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&hmac::digest::Key::<Hmac<Sha256>>::from(block(key)));
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// HMAC pads its key with zeros to the block of SHA-256; done here, the length can never be refused.
fn block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    block
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use domain::{Environment, PartnerId};
    use uuid::Uuid;

    use super::*;
    use crate::sealing::Owner;

    fn context() -> Context {
        Context {
            environment: Some(Environment::Test),
            owner: Owner::Partner(PartnerId::from_uuid(Uuid::from_u128(1))),
            table: "key_sets",
            row: Uuid::from_u128(7),
            version: 1,
        }
    }

    fn ring(lines: &[&Secret]) -> Keyring {
        let text: Vec<_> = lines.iter().map(|line| line.reveal()).collect();
        Keyring::parse(&text.join("\n")).unwrap()
    }

    #[test]
    fn a_value_opens_only_in_the_place_it_was_sealed_for() {
        let ring = ring(&[&Keyring::generate().unwrap()]);
        let sealed = ring.seal(&context(), b"secret").unwrap();
        assert_eq!(ring.open(&context(), &sealed).unwrap().as_slice(), b"secret");
        let other_partner = Owner::Partner(PartnerId::from_uuid(Uuid::from_u128(2)));
        let elsewhere = [
            Context {
                environment: Some(Environment::Production),
                ..context()
            },
            Context {
                environment: None,
                ..context()
            },
            Context {
                owner: other_partner,
                ..context()
            },
            Context {
                owner: Owner::Gateway,
                ..context()
            },
            Context {
                table: "payments",
                ..context()
            },
            Context {
                row: Uuid::from_u128(8),
                ..context()
            },
            Context {
                version: 2,
                ..context()
            },
        ];
        for place in elsewhere {
            assert_eq!(ring.open(&place, &sealed), Err(Refusal::DoesNotOpen), "{place:?}");
        }
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let ring = ring(&[&Keyring::generate().unwrap()]);
        let sealed = ring.seal(&context(), b"secret").unwrap();
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert!(ring.open(&context(), &altered).is_err(), "byte {index}");
        }
        for length in 0..sealed.len() {
            assert!(
                ring.open(&context(), &sealed[..length]).is_err(),
                "length {length}"
            );
        }
    }

    #[test]
    fn the_newest_key_seals_and_every_key_opens() {
        let (old, new) = (Keyring::generate().unwrap(), Keyring::generate().unwrap());
        let before = ring(&[&old]);
        let after = ring(&[&old, &new]);
        let early = before.seal(&context(), b"early").unwrap();
        let late = after.seal(&context(), b"late").unwrap();
        assert_eq!(after.open(&context(), &early).unwrap().as_slice(), b"early");
        assert!(matches!(
            before.open(&context(), &late),
            Err(Refusal::UnknownKey { .. })
        ));
        let fingerprint = before.fingerprint("client id", b"abc");
        assert_eq!(after.is_of(&fingerprint, "client id", b"abc"), Some(true));
        assert_eq!(after.is_of(&fingerprint, "client id", b"abd"), Some(false));
        assert_eq!(after.is_of(&fingerprint, "phone", b"abc"), Some(false));
        assert!(after.fingerprints("client id", b"abc").contains(&fingerprint));
        assert_ne!(after.fingerprint("client id", b"abc"), fingerprint);
    }

    #[test]
    fn a_value_of_another_master_key_is_refused_by_the_name_of_its_key() {
        let sealed = ring(&[&Keyring::generate().unwrap()])
            .seal(&context(), b"x")
            .unwrap();
        let refusal = ring(&[&Keyring::generate().unwrap()])
            .open(&context(), &sealed)
            .unwrap_err();
        assert!(matches!(refusal, Refusal::UnknownKey { .. }));
        assert!(refusal.to_string().contains("add that key to the file"));
    }

    #[test]
    fn two_seals_of_one_value_differ() {
        let ring = ring(&[&Keyring::generate().unwrap()]);
        let (one, other) = (
            ring.seal(&context(), b"x").unwrap(),
            ring.seal(&context(), b"x").unwrap(),
        );
        assert_ne!(one, other);
    }

    #[test]
    fn a_key_file_is_refused_by_line_and_never_printed() {
        let key = Keyring::generate().unwrap();
        let text = format!("# a comment\n\n{}\n{}\n", key.reveal(), key.reveal());
        assert_eq!(Keyring::parse(&text).unwrap_err(), NotAKeyFile::Repeated(4));
        assert_eq!(Keyring::parse("c2hvcnQ=").unwrap_err(), NotAKeyFile::Line(1));
        assert_eq!(Keyring::parse("# nothing\n").unwrap_err(), NotAKeyFile::Empty);
        let ring = ring(&[&key]);
        assert!(!format!("{ring:?}").contains(key.reveal()));
    }
}
