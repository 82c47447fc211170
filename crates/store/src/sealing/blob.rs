//! A sealed value as bytes.
//!
//! Format 2 is what rows hold: format (1), id of the data key (16), nonce (24), ciphertext with its tag.
//! Format 1 names a key of the key file instead: format (1), key id (8), nonce (24), ciphertext with its
//! tag. It wraps data keys, and rows from before there were data keys still hold it.

use uuid::Uuid;

/// Sealed with a key of the key file.
pub(super) const DIRECT: u8 = 1;
/// Sealed with a data key.
pub(super) const UNDER_DATA_KEY: u8 = 2;
pub(super) const KEY_ID: usize = 8;
pub(super) const NONCE: usize = 24;
const DATA_KEY_ID: usize = 16;

/// Which key a value is sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    KeyFile([u8; KEY_ID]),
    DataKey(Uuid),
}

/// The parts of a sealed value.
pub(super) struct Parts<'a> {
    pub(super) by: By,
    pub(super) nonce: [u8; NONCE],
    pub(super) ciphertext: &'a [u8],
}

impl By {
    pub(super) const fn format(self) -> u8 {
        match self {
            Self::KeyFile(_) => DIRECT,
            Self::DataKey(_) => UNDER_DATA_KEY,
        }
    }
}

pub(super) fn join(parts: &Parts<'_>) -> Vec<u8> {
    let mut blob = Vec::with_capacity(1 + DATA_KEY_ID + NONCE + parts.ciphertext.len());
    blob.push(parts.by.format());
    match parts.by {
        By::KeyFile(id) => blob.extend_from_slice(&id),
        By::DataKey(id) => blob.extend_from_slice(id.as_bytes()),
    }
    blob.extend_from_slice(&parts.nonce);
    blob.extend_from_slice(parts.ciphertext);
    blob
}

/// `None` when the bytes are too short or of a format we do not know.
pub(super) fn split(blob: &[u8]) -> Option<Parts<'_>> {
    let (by, rest) = head(blob)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
    Some(Parts {
        by,
        nonce: *nonce,
        ciphertext,
    })
}

/// The key a value is sealed with, and what comes after its id. The first bytes of a value will do.
pub(super) fn head(blob: &[u8]) -> Option<(By, &[u8])> {
    let (&format, rest) = blob.split_first()?;
    match format {
        DIRECT => {
            let (id, rest) = rest.split_first_chunk::<KEY_ID>()?;
            Some((By::KeyFile(*id), rest))
        }
        UNDER_DATA_KEY => {
            let (id, rest) = rest.split_first_chunk::<DATA_KEY_ID>()?;
            Some((By::DataKey(Uuid::from_bytes(*id)), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_splits_into_the_same_parts_and_a_shorter_one_into_none() {
        for by in [By::KeyFile([7; KEY_ID]), By::DataKey(Uuid::from_u128(9))] {
            let blob = join(&Parts {
                by,
                nonce: [3; NONCE],
                ciphertext: b"",
            });
            let parts = split(&blob).unwrap();
            assert_eq!(
                (parts.by, parts.nonce, parts.ciphertext),
                (by, [3; NONCE], &b""[..])
            );
            for length in 0..blob.len() {
                assert!(split(&blob[..length]).is_none(), "length {length}");
            }
        }
        assert!(split(&[3; 80]).is_none());
    }
}
