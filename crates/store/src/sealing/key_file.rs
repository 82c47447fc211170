//! The key file: the keys that everything at rest is sealed with.
//!
//! Text, one key per line: 32 random bytes in base64. Empty lines and lines that begin with `#` are
//! skipped. **The last key is the newest: it seals. All keys open.** So a new key is
//! put above the last line on every replica first, and moved to the end when all of them can open with it;
//! a line may go once `nordbro keys rotate` names it under `mayGo`: nothing
//! is sealed with it any more, and what its fingerprints were made with is kept in the database, wrapped with the
//! newest key. Lose the file and everything sealed is lost; keep it apart from the database's backups.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The text is not a key file. Names the line and never shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAKeyFile {
    #[error("line {0} of the key file is not 32 bytes in base64; make one with `nordbro keys generate`")]
    Line(usize),
    #[error("line {0} of the key file repeats an earlier key; every key stands once")]
    Repeated(usize),
    #[error("the key file holds no key; make one with `nordbro keys generate`")]
    Empty,
}

/// The keys of a key file, oldest first.
pub(super) fn parse(text: &str) -> Result<Vec<Zeroizing<[u8; 32]>>, NotAKeyFile> {
    let mut keys: Vec<Zeroizing<[u8; 32]>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = index + 1;
        let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| NotAKeyFile::Line(number))?);
        let key: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| NotAKeyFile::Line(number))?;
        let key = Zeroizing::new(key);
        if keys.contains(&key) {
            return Err(NotAKeyFile::Repeated(number));
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(NotAKeyFile::Empty);
    }
    Ok(keys)
}

/// A key as a line of the file.
pub(super) fn line(key: &[u8; 32]) -> String {
    STANDARD.encode(key)
}
