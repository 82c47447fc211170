//! The file of an embedded database.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sea_orm_migration::sea_orm::sqlx::sqlite::SqliteConnectOptions;

/// Makes the file of a `SQLite` database, empty, for its owner alone. One that exists stays as it is. `SQLite` would
/// make it for everybody whom the umask lets in; its journal beside it takes over whatever this one has.
///
/// # Errors
/// The file cannot be made.
pub fn make_for_owner(path: &Path) -> io::Result<()> {
    if !is_file(path) {
        return Ok(());
    }
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// The file of the embedded database at `url`, by the driver's own reading of it, whether it is there or not. `None`
/// for a database in memory and for a server's.
pub fn file_of(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite:") {
        return None;
    }
    let options: SqliteConnectOptions = url.parse().ok()?;
    let path = options.get_filename();
    is_file(path).then(|| path.to_owned())
}

/// A database in memory has a name and no file: the driver calls it `file:…`.
fn is_file(path: &Path) -> bool {
    let name = path.to_string_lossy();
    !(name.is_empty() || name.contains(":memory:") || name.starts_with("file:"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_new_database_and_its_journal_are_for_their_owner_alone_and_an_old_one_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("nordbro.db");
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        crate::run(&format!("sqlite:{}", path.display())).await.unwrap();
        assert_eq!(mode(&path), 0o600);

        let shared = directory.path().join("shared.db");
        std::fs::write(&shared, "").unwrap();
        std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o640)).unwrap();
        crate::run(&format!("sqlite:{}", shared.display())).await.unwrap();
        assert_eq!(mode(&shared), 0o640);
    }

    #[test]
    fn a_url_names_the_file_that_the_driver_opens() {
        let file = |url| super::file_of(url).map(|path| path.display().to_string());
        assert_eq!(file("sqlite:data/a.db").as_deref(), Some("data/a.db"));
        assert_eq!(
            file("sqlite:///data/a%20b.db?mode=rwc").as_deref(),
            Some("/data/a b.db")
        );
        for none in [
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite:",
            "postgres://localhost/a.db",
        ] {
            assert_eq!(file(none), None, "{none}");
        }
    }

    #[tokio::test]
    async fn a_database_in_memory_leaves_no_file() {
        let before = std::fs::read_dir(".").unwrap().count();
        crate::run("sqlite::memory:").await.unwrap();
        assert_eq!(std::fs::read_dir(".").unwrap().count(), before);
    }
}
