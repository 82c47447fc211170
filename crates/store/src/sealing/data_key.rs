//! The key that one owner's rows are sealed with. It lies wrapped in the database.

use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::blob::{self, By};
use super::cipher;
use super::{Context, Refusal};

/// A data key, unwrapped; wiped from memory when dropped.
pub struct DataKey {
    id: Uuid,
    key: Zeroizing<[u8; 32]>,
}

impl DataKey {
    /// A fresh one.
    ///
    /// # Errors
    /// [`Refusal::NoRandomness`].
    pub fn draw() -> Result<Self, Refusal> {
        let mut id = [0_u8; 16];
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut id).map_err(|_| Refusal::NoRandomness)?;
        getrandom::fill(key.as_mut_slice()).map_err(|_| Refusal::NoRandomness)?;
        Ok(Self {
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            key,
        })
    }

    pub(super) fn new(id: Uuid, key: Zeroizing<[u8; 32]>) -> Self {
        Self { id, key }
    }

    pub fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// [`Refusal::NoRandomness`].
    pub fn seal(&self, context: &Context, plain: &[u8]) -> Result<Vec<u8>, Refusal> {
        cipher::seal(By::DataKey(self.id), &self.key, context, plain)
    }

    /// Opens a value in the place it was sealed for.
    ///
    /// # Errors
    /// It is sealed with another key, for another place, or is no sealed value.
    pub fn open(&self, context: &Context, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let parts = blob::split(sealed).ok_or(Refusal::UnknownFormat)?;
        if parts.by != By::DataKey(self.id) {
            return Err(Refusal::DoesNotOpen);
        }
        cipher::open(&parts, &self.key, context)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Environment, PartnerId};

    use super::*;
    use crate::sealing::Owner;

    fn context() -> Context {
        Context {
            environment: Some(Environment::Test),
            owner: Owner::Partner(PartnerId::from_uuid(Uuid::from_u128(1))),
            table: "operations.envelope",
            row: Uuid::from_u128(7),
            version: 1,
        }
    }

    #[test]
    fn a_value_opens_only_with_its_key_and_in_the_place_it_was_sealed_for() {
        let key = DataKey::draw().unwrap();
        let sealed = key.seal(&context(), b"body").unwrap();
        assert_eq!(key.open(&context(), &sealed).unwrap().as_slice(), b"body");
        let other = DataKey::draw().unwrap();
        assert_eq!(other.open(&context(), &sealed), Err(Refusal::DoesNotOpen));
        let same_name = DataKey::new(key.id(), other.key);
        assert_eq!(same_name.open(&context(), &sealed), Err(Refusal::DoesNotOpen));
        let elsewhere = Context {
            row: Uuid::from_u128(8),
            ..context()
        };
        assert_eq!(key.open(&elsewhere, &sealed), Err(Refusal::DoesNotOpen));
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let key = DataKey::draw().unwrap();
        let sealed = key.seal(&context(), b"body").unwrap();
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert!(key.open(&context(), &altered).is_err(), "byte {index}");
        }
    }

    #[test]
    fn a_data_key_is_never_printed() {
        let key = DataKey::draw().unwrap();
        let printed = format!("{key:?}");
        assert_eq!(printed, format!("DataKey {{ id: {}, .. }}", key.id()));
    }
}
