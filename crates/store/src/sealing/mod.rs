//! Data at rest: an AEAD bound to the row it stands in, data keys that lie wrapped beside the rows they
//! open, and keyed fingerprints. Nothing here knows a database.

mod blob;
mod cipher;
mod context;
mod data_key;
mod fingerprint;
mod head;
mod key_file;
mod keyring;
mod known;
mod refusal;

pub use context::{Context, Owner};
pub use data_key::DataKey;
pub(crate) use fingerprint::hex;
pub use head::SealedWith;
pub use key_file::NotAKeyFile;
pub use keyring::{FingerprintSource, Keyring};
pub(crate) use known::Known;
pub use refusal::Refusal;
