//! Reading the key file.

use std::path::Path;

use anyhow::{Context as _, bail};
use store::Keyring;
use zeroize::Zeroizing;

/// The keys that everything at rest is sealed with.
///
/// # Errors
/// The file is not named, not readable or not a key file; the remedy is in the text, the contents never are.
pub fn read(path: &Path) -> anyhow::Result<Keyring> {
    if path.as_os_str().is_empty() {
        bail!("sealing.key_file names no file; `nordbro keys generate` makes what belongs into it");
    }
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("sealing.key_file: {} cannot be read", path.display()))?;
    warn_if_open(path);
    Keyring::parse(&text).with_context(|| format!("sealing.key_file: {} is no key file", path.display()))
}

/// Whether others than the owner and the group may do something with the file.
pub fn is_open_to_everybody(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

fn warn_if_open(path: &Path) {
    if is_open_to_everybody(path) {
        tracing::warn!(path = %path.display(), "everybody on this machine may read the key file; `chmod o= FILE` ends that");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_remedy_and_without_the_contents() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let told = |path: &Path| format!("{:#}", read(path).unwrap_err());
        assert!(told(Path::new("")).contains("nordbro keys generate"));
        assert!(told(Path::new("/nonexistent/keys")).contains("/nonexistent/keys cannot be read"));
        let wrong = told(file.path());
        assert!(wrong.contains("line 1") && !wrong.contains("hunter2"), "{wrong}");
    }

    #[test]
    fn a_generated_key_is_a_key_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), Keyring::generate().unwrap().reveal()).unwrap();
        read(file.path()).unwrap();
    }
}
