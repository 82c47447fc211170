//! Data at rest: an AEAD bound to the row it stands in, and keyed fingerprints.

mod blob;
mod context;
mod key_file;
mod keyring;

pub use context::{Context, Owner};
pub use key_file::NotAKeyFile;
pub use keyring::{Keyring, Refusal};
