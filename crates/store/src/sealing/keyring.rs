//! The keys of the key file, and what is done with them: they wrap data keys, and fingerprints come from
//! them. A key service (Vault's transit, a KMS) would stand in for [`Keyring::wrap`] and
//! [`Keyring::unwrap`], and for nothing else.

use std::fmt;
use std::sync::Arc;

use domain::Secret;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::blob::{self, By, KEY_ID};
use super::fingerprint::{FingerprintKey, hex, mac};
use super::key_file::{self, NotAKeyFile};
use super::{Context, DataKey, Known, Owner, Refusal, cipher};

const DATA_KEYS: &str = "data_keys";
const FINGERPRINT_KEYS: &str = "fingerprint_keys";

/// The keys of the key file, and the data keys unwrapped with them. Cheap to clone; wiped from memory with
/// the last clone.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Key]>,
    known: Known,
}

/// One key of the file, as what is derived from it.
struct Key {
    wrapping: Zeroizing<[u8; 32]>,
    fingerprints: Arc<FingerprintKey>,
}

/// What makes the fingerprints of one key of the key file, wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerprintSource {
    /// The key's id in hexadecimal, as its fingerprints begin.
    pub id: String,
    pub wrapped: Vec<u8>,
}

impl Keyring {
    /// Reads the text of a key file; its form is documented at the top of `key_file.rs` and in the
    /// runbook: one key per line, 32 bytes in base64, the last wraps, all unwrap.
    ///
    /// # Errors
    /// The line that is not a key, or that there is none.
    pub fn parse(text: &str) -> Result<Self, NotAKeyFile> {
        let keys: Vec<_> = key_file::parse(text)?
            .iter()
            .map(|master| Key::derive(master))
            .collect();
        Ok(Self {
            keys: keys.into(),
            known: Known::default(),
        })
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

    /// The same keys, with nothing known yet of what a database holds.
    pub(crate) fn for_another_database(&self) -> Self {
        Self {
            keys: Arc::clone(&self.keys),
            known: Known::default(),
        }
    }

    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// The ids of the keys, oldest first, in hexadecimal. The last wraps.
    pub fn ids(&self) -> Vec<String> {
        self.keys.iter().map(Key::id).collect()
    }

    /// The id of the key that wraps.
    pub fn newest_id(&self) -> String {
        self.newest().map(Key::id).unwrap_or_default()
    }

    /// Wraps a data key of `owner` with the newest key.
    ///
    /// # Errors
    /// [`Refusal::NoRandomness`].
    pub fn wrap(&self, owner: Owner, key: &DataKey) -> Result<Vec<u8>, Refusal> {
        self.seal_directly(&wrapping(DATA_KEYS, owner, key.id()), key.bytes())
    }

    /// Unwraps the data key `id` of `owner`.
    ///
    /// # Errors
    /// The key file does not hold the key it is wrapped with, or it is damaged, or another's.
    pub fn unwrap(&self, owner: Owner, id: Uuid, wrapped: &[u8]) -> Result<DataKey, Refusal> {
        let opened = self.open(&wrapping(DATA_KEYS, owner, id), wrapped)?;
        Ok(DataKey::new(id, key_of(&opened)?))
    }

    /// Opens a value that was sealed with a key of the key file, in the place it was sealed for.
    ///
    /// # Errors
    /// The key is not in the file, the format is another, or it was sealed for another place.
    pub fn open(&self, context: &Context, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let parts = blob::split(sealed).ok_or(Refusal::UnknownFormat)?;
        let By::KeyFile(id) = parts.by else {
            return Err(Refusal::UnknownFormat);
        };
        let key = self
            .find(id)
            .ok_or_else(|| Refusal::UnknownKey { key_id: hex(&id) })?;
        cipher::open(&parts, &key.wrapping, context)
    }

    /// A keyed fingerprint by the newest key, carrying that key's id: `<key id>.<HMAC-SHA-256>` in
    /// hexadecimal. `purpose` keeps fingerprints of different uses apart.
    pub fn fingerprint(&self, purpose: &str, value: &[u8]) -> String {
        self.newest()
            .map(|key| key.fingerprints.fingerprint(purpose, value))
            .unwrap_or_default()
    }

    /// The fingerprints of `value` under every key, newest first: to look up what an older key wrote. Keys
    /// that have left the file count as well.
    pub fn fingerprints(&self, purpose: &str, value: &[u8]) -> Vec<String> {
        self.fingerprint_keys()
            .iter()
            .map(|key| key.fingerprint(purpose, value))
            .collect()
    }

    /// Whether `fingerprint`, by whichever key, is of `value`. `None`: its key is not here.
    pub fn is_of(&self, fingerprint: &str, purpose: &str, value: &[u8]) -> Option<bool> {
        let (id, _) = fingerprint.split_once('.')?;
        let keys = self.fingerprint_keys();
        let key = keys.iter().find(|key| hex(&key.id) == id)?;
        Some(key.fingerprint(purpose, value) == fingerprint)
    }

    /// What makes fingerprints, wrapped with the newest key, so that no fingerprint is lost with a key that
    /// leaves the file.
    pub(crate) fn fingerprint_sources(&self) -> Result<Vec<FingerprintSource>, Refusal> {
        self.fingerprint_keys()
            .iter()
            .map(|key| {
                Ok(FingerprintSource {
                    id: hex(&key.id),
                    wrapped: self.seal_directly(&kept(key.id), key.key.as_slice())?,
                })
            })
            .collect()
    }

    /// Takes in what an earlier key file made fingerprints with; those that do not unwrap are given back, by their
    /// id and with the reason: what they made is not known again.
    pub(crate) fn learn_fingerprints(&self, sources: &[FingerprintSource]) -> Vec<(String, Refusal)> {
        let mut learnt = Vec::new();
        let mut shut = Vec::new();
        for source in sources {
            // What the key file itself holds needs no other.
            if unhex(&source.id).is_some_and(|id| self.find(id).is_some()) {
                continue;
            }
            match self.learnt(source) {
                Ok(key) => learnt.push(Arc::new(key)),
                Err(refusal) => shut.push((source.id.clone(), refusal)),
            }
        }
        self.known.set_fingerprints(learnt);
        shut
    }

    fn learnt(&self, source: &FingerprintSource) -> Result<FingerprintKey, Refusal> {
        let id = unhex(&source.id).ok_or(Refusal::UnknownFormat)?;
        let key = key_of(&self.open(&kept(id), &source.wrapped)?)?;
        Ok(FingerprintKey { id, key })
    }

    fn seal_directly(&self, context: &Context, plain: &[u8]) -> Result<Vec<u8>, Refusal> {
        let key = self.newest().ok_or(Refusal::UnknownFormat)?;
        cipher::seal(By::KeyFile(key.fingerprints.id), &key.wrapping, context, plain)
    }

    fn find(&self, id: [u8; KEY_ID]) -> Option<&Key> {
        self.keys.iter().find(|key| key.fingerprints.id == id)
    }

    fn newest(&self) -> Option<&Key> {
        self.keys.last()
    }

    fn fingerprint_keys(&self) -> Vec<Arc<FingerprintKey>> {
        let mut keys: Vec<_> = self
            .keys
            .iter()
            .rev()
            .map(|key| Arc::clone(&key.fingerprints))
            .collect();
        keys.extend(self.known.fingerprints());
        keys
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("key_ids", &self.ids()).finish()
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
            wrapping: mac(master, &[b"nordbro sealing"]),
            fingerprints: Arc::new(FingerprintKey {
                id,
                key: mac(master, &[b"nordbro fingerprint"]),
            }),
        }
    }

    fn id(&self) -> String {
        hex(&self.fingerprints.id)
    }
}

/// The place of a wrapped key.
fn wrapping(table: &'static str, owner: Owner, id: Uuid) -> Context {
    Context {
        environment: None,
        owner,
        table,
        row: id,
        version: 1,
    }
}

fn kept(id: [u8; KEY_ID]) -> Context {
    let row = Uuid::from_u64_pair(u64::from_be_bytes(id), 0);
    wrapping(FINGERPRINT_KEYS, Owner::Gateway, row)
}

fn key_of(opened: &[u8]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    let mut key = Zeroizing::new([0; 32]);
    if opened.len() != key.len() {
        return Err(Refusal::UnknownFormat);
    }
    key.copy_from_slice(opened);
    Ok(key)
}

fn unhex(text: &str) -> Option<[u8; KEY_ID]> {
    let number = u64::from_str_radix(text, 16).ok()?;
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use domain::PartnerId;

    use super::*;

    const GATEWAY: Owner = Owner::Gateway;

    fn ring(lines: &[&Secret]) -> Keyring {
        let text: Vec<_> = lines.iter().map(|line| line.reveal()).collect();
        Keyring::parse(&text.join("\n")).unwrap()
    }

    fn drawn() -> Secret {
        Keyring::generate().unwrap()
    }

    #[test]
    fn a_data_key_unwraps_for_its_owner_and_under_its_id_alone() {
        let ring = ring(&[&drawn()]);
        let owner = |number| Owner::Partner(PartnerId::from_uuid(Uuid::from_u128(number)));
        let key = DataKey::draw().unwrap();
        let wrapped = ring.wrap(owner(1), &key).unwrap();
        let back = ring.unwrap(owner(1), key.id(), &wrapped).unwrap();
        assert_eq!(back.bytes(), key.bytes());
        for (whose, id) in [
            (owner(2), key.id()),
            (GATEWAY, key.id()),
            (owner(1), Uuid::from_u128(1)),
        ] {
            let refused = ring.unwrap(whose, id, &wrapped).unwrap_err();
            assert_eq!(refused, Refusal::DoesNotOpen, "{whose:?} {id}");
        }
    }

    #[test]
    fn every_altered_byte_of_a_wrapped_key_is_noticed() {
        let ring = ring(&[&drawn()]);
        let key = DataKey::draw().unwrap();
        let wrapped = ring.wrap(GATEWAY, &key).unwrap();
        for index in 0..wrapped.len() {
            let mut altered = wrapped.clone();
            altered[index] ^= 1;
            assert!(ring.unwrap(GATEWAY, key.id(), &altered).is_err(), "byte {index}");
            assert!(
                ring.unwrap(GATEWAY, key.id(), &wrapped[..index]).is_err(),
                "length {index}"
            );
        }
    }

    #[test]
    fn the_newest_key_wraps_and_every_key_unwraps() {
        let (old, new) = (drawn(), drawn());
        let before = ring(&[&old]);
        let after = ring(&[&old, &new]);
        let key = DataKey::draw().unwrap();
        let early = before.wrap(GATEWAY, &key).unwrap();
        let late = after.wrap(GATEWAY, &key).unwrap();
        assert_eq!(
            after.unwrap(GATEWAY, key.id(), &early).unwrap().bytes(),
            key.bytes()
        );
        let refused = before.unwrap(GATEWAY, key.id(), &late).unwrap_err();
        let newest = after.newest_id();
        assert_eq!(
            refused,
            Refusal::UnknownKey {
                key_id: newest.clone()
            }
        );
        assert!(refused.to_string().contains("add that key to the file"));
        assert_eq!(after.ids(), [before.newest_id(), newest]);
    }

    #[test]
    fn a_fingerprint_is_known_by_every_ring_that_has_its_key() {
        let (old, new) = (drawn(), drawn());
        let before = ring(&[&old]);
        let after = ring(&[&old, &new]);
        let fingerprint = before.fingerprint("client id", b"abc");
        assert_eq!(after.is_of(&fingerprint, "client id", b"abc"), Some(true));
        assert_eq!(after.is_of(&fingerprint, "client id", b"abd"), Some(false));
        assert_eq!(after.is_of(&fingerprint, "phone", b"abc"), Some(false));
        assert!(after.fingerprints("client id", b"abc").contains(&fingerprint));
        assert_ne!(after.fingerprint("client id", b"abc"), fingerprint);
    }

    #[test]
    fn fingerprints_outlive_the_key_they_come_from() {
        let (old, new) = (drawn(), drawn());
        let fingerprint = ring(&[&old]).fingerprint("client id", b"abc");
        let kept = ring(&[&old, &new]).fingerprint_sources().unwrap();
        assert_eq!(kept.len(), 2);
        let alone = ring(&[&new]);
        assert_eq!(alone.is_of(&fingerprint, "client id", b"abc"), None);
        assert_eq!(alone.learn_fingerprints(&kept), []);
        assert_eq!(alone.is_of(&fingerprint, "client id", b"abc"), Some(true));
        assert!(alone.fingerprints("client id", b"abc").contains(&fingerprint));
        // A second rotation carries it on.
        let newest = drawn();
        let next = ring(&[&new, &newest]);
        assert_eq!(next.learn_fingerprints(&kept), []);
        let last = ring(&[&newest]);
        assert_eq!(last.learn_fingerprints(&next.fingerprint_sources().unwrap()), []);
        assert_eq!(last.is_of(&fingerprint, "client id", b"abc"), Some(true));
        // Whoever cannot open what was kept says so.
        let stranger = ring(&[&drawn()]);
        let shut = stranger.learn_fingerprints(&kept);
        let (shut, _): (Vec<_>, Vec<_>) = shut.into_iter().unzip();
        assert_eq!(shut, [kept[0].id.clone(), kept[1].id.clone()]);
    }

    #[test]
    fn two_wraps_of_one_key_differ() {
        let ring = ring(&[&drawn()]);
        let key = DataKey::draw().unwrap();
        let (one, other) = (
            ring.wrap(GATEWAY, &key).unwrap(),
            ring.wrap(GATEWAY, &key).unwrap(),
        );
        assert_ne!(one, other);
    }

    #[test]
    fn a_key_file_is_refused_by_line_and_never_printed() {
        let key = drawn();
        let text = format!("# a comment\n\n{}\n{}\n", key.reveal(), key.reveal());
        assert_eq!(Keyring::parse(&text).unwrap_err(), NotAKeyFile::Repeated(4));
        assert_eq!(Keyring::parse("c2hvcnQ=").unwrap_err(), NotAKeyFile::Line(1));
        assert_eq!(Keyring::parse("# nothing\n").unwrap_err(), NotAKeyFile::Empty);
        let ring = ring(&[&key]);
        assert!(!format!("{ring:?}").contains(key.reveal()));
    }
}
