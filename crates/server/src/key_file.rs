//! Reading the keys that everything at rest is sealed with, and seeing that they are the right ones.

use std::path::Path;

use anyhow::{Context as _, bail};
use app::App;
use app::registry::data_keys::{self, KeysAtRest};
use store::Keyring;
use zeroize::Zeroizing;

use crate::config::Sealing;

/// The keys, from the file or the variable that the settings name.
///
/// # Errors
/// Neither or both are named, the file is not readable, or what is there is no key file; the remedy is in the text, the
/// contents never are.
pub fn read(sealing: &Sealing) -> anyhow::Result<Keyring> {
    match (sealing.key_file.as_os_str().is_empty(), sealing.keys.is_empty()) {
        (true, true) => {
            bail!("sealing.key_file names no file; `nordbro keys generate` makes what belongs into it")
        }
        (false, false) => bail!("sealing.key_file and sealing.keys are both set; set one"),
        (false, true) => from_file(&sealing.key_file),
        (true, false) => {
            let lines = Zeroizing::new(sealing.keys.reveal().replace([' ', ','], "\n"));
            Keyring::parse(&lines).context("sealing.keys holds no keys as a key file does")
        }
    }
}

fn from_file(path: &Path) -> anyhow::Result<Keyring> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("sealing.key_file: {} cannot be read", path.display()))?;
    warn_if_open(path);
    Keyring::parse(&text).with_context(|| format!("sealing.key_file: {} is no key file", path.display()))
}

/// Refuses keys that are not the ones the database needs: what they are to open would look damaged, row by row.
///
/// # Errors
/// A key is missing that something in the database hangs on. Damage is no error: it is told in the log and harms its own
/// owner only.
pub async fn demand_fitting(app: &App) -> anyhow::Result<()> {
    let found = data_keys::status(app)
        .await
        .context("the data keys cannot be read")?;
    if let Some(lacking) = lacking(&found) {
        bail!("{lacking}");
    }
    tell_damage(&found);
    Ok(())
}

/// Logs which data keys do not open although their key is at hand.
pub fn tell_damage(found: &KeysAtRest) {
    for id in &found.damaged {
        tracing::error!(
            data_key = %id,
            "a row of data_keys is damaged: what its owner has stored does not open; bring the row back from a backup"
        );
    }
}

/// What is missing, that nothing is damaged, and the remedy; `None` = every key is there.
pub fn lacking(found: &KeysAtRest) -> Option<String> {
    let missing: Vec<_> = found
        .missing()
        .map(|key| {
            format!(
                "key {} ({} data keys, {} key sets and signing keys)",
                key.key, key.data_keys, key.sealed_directly
            )
        })
        .collect();
    if missing.is_empty() {
        return None;
    }
    let held: Vec<_> = found.keys.iter().filter(|key| key.held).collect();
    let used = held.iter().any(|key| key.data_keys + key.sealed_directly > 0);
    let likely = if used {
        "a line was taken out of the key file before `nordbro keys rotate` had ended with nothing left"
    } else {
        "this is the key file of another database"
    };
    Some(format!(
        "the key file lacks what this database is sealed with: {}. Nothing is damaged: {likely}. \
         Bring back the file, or the line, from where it is kept apart from the database",
        missing.join(", ")
    ))
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
    use app::registry::data_keys::UnderKey;

    use super::*;
    use crate::config::load;

    fn sealing(name: &str, value: &str) -> Sealing {
        let variables = [(format!("NORDBRO__SEALING__{name}"), value.to_owned())];
        load(None, variables).unwrap().sealing
    }

    fn told(sealing: &Sealing) -> String {
        format!("{:#}", read(sealing).unwrap_err())
    }

    #[test]
    fn what_is_wrong_is_told_with_its_remedy_and_without_the_contents() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let at = |path: &str| sealing("KEY_FILE", path);
        assert!(told(&at("")).contains("nordbro keys generate"));
        assert!(told(&at("/nonexistent/keys")).contains("/nonexistent/keys cannot be read"));
        let wrong = told(&at(file.path().to_str().unwrap()));
        assert!(wrong.contains("line 1") && !wrong.contains("hunter2"), "{wrong}");
        let wrong = told(&sealing("KEYS", "hunter2"));
        assert!(
            wrong.contains("sealing.keys") && !wrong.contains("hunter2"),
            "{wrong}"
        );
    }

    #[test]
    fn a_generated_key_is_a_key_file_and_several_fit_into_a_variable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), Keyring::generate().unwrap().reveal()).unwrap();
        let mut both = sealing("KEY_FILE", file.path().to_str().unwrap());
        read(&both).unwrap();

        let keys = [Keyring::generate().unwrap(), Keyring::generate().unwrap()];
        let variable = sealing("KEYS", &format!("{}, {}", keys[0].reveal(), keys[1].reveal()));
        let lines = Keyring::parse(&format!("{}\n{}", keys[0].reveal(), keys[1].reveal())).unwrap();
        assert_eq!(read(&variable).unwrap().ids(), lines.ids());

        both.keys = variable.keys;
        assert!(told(&both).contains("both set"));
    }

    #[test]
    fn another_file_and_a_line_taken_out_too_early_are_told_apart() {
        let under = |key: &str, held, data_keys| UnderKey {
            key: key.to_owned(),
            held,
            data_keys,
            sealed_directly: 0,
        };
        let found = |keys| KeysAtRest {
            keys,
            damaged: Vec::new(),
        };
        assert_eq!(lacking(&found(vec![under("aa", true, 0)])), None);
        let other = lacking(&found(vec![under("aa", true, 0), under("bb", false, 3)])).unwrap();
        assert!(
            other.contains("key bb (3 data keys") && other.contains("another database"),
            "{other}"
        );
        let early = lacking(&found(vec![under("aa", true, 1), under("bb", false, 3)])).unwrap();
        assert!(early.contains("before `nordbro keys rotate`"), "{early}");
    }
}
