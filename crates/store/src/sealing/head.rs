//! What the first bytes of a sealed value say, without opening it.

use uuid::Uuid;

use super::blob::{self, By};
use super::fingerprint::hex;

/// The key that a value is sealed with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SealedWith {
    /// A key of the key file, by its id in hexadecimal: from before there were data keys.
    KeyFile(String),
    DataKey(Uuid),
    /// Bytes of no format we know.
    Nothing,
}

impl SealedWith {
    /// How many bytes of a value say it.
    pub const HEAD: usize = 17;

    /// Reads the beginning of a value, [`SealedWith::HEAD`] bytes or more.
    pub fn of(head: &[u8]) -> Self {
        match blob::head(head) {
            Some((By::KeyFile(id), _)) => Self::KeyFile(hex(&id)),
            Some((By::DataKey(id), _)) => Self::DataKey(id),
            None => Self::Nothing,
        }
    }
}
