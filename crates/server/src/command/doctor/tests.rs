use std::path::Path;

use simulator::{Options, Simulator};
use store::sealing::Owner;
use store::{Keyring, Store};

use super::report::Status;
use super::*;
use crate::config::{SecretUrl, load};

/// A machine on which everything is in order.
struct Place {
    directory: tempfile::TempDir,
    simulator: Simulator,
    config: Config,
}

impl Place {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let mut config = load(None, []).unwrap();
        config.public.listen = "127.0.0.1:0".parse().unwrap();
        config.private.listen = "127.0.0.1:0".parse().unwrap();
        // Whatever this machine allows is not what is tried here.
        config.public.max_connections = 8;
        config.vipps.test.url = simulator.test().url().parse().unwrap();
        config.vipps.production.url = simulator.production().url().parse().unwrap();
        config.sealing.key_file = directory.path().join("keys");
        write_key(&config.sealing.key_file);
        let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
        migrations::run(&url).await.unwrap();
        config.database.url = SecretUrl::new(url);
        Self {
            directory,
            simulator,
            config,
        }
    }

    async fn told(&self) -> Report {
        examine(&self.config).await
    }

    /// Name, status and detail of all that is not in order.
    async fn complaints(&self) -> Vec<(&'static str, Status, String)> {
        let report = self.told().await;
        for check in &report.checks {
            let is_wrong = matches!(check.status, Status::Failed | Status::Warning);
            assert_eq!(check.remedy.is_some(), is_wrong, "{check:?}");
        }
        report
            .checks
            .into_iter()
            .filter(|check| check.status != Status::Ok)
            .map(|check| (check.name, check.status, check.detail))
            .collect()
    }

    async fn names(&self) -> Vec<(&'static str, Status)> {
        let complaints = self.complaints().await;
        complaints
            .into_iter()
            .map(|(name, status, _)| (name, status))
            .collect()
    }
}

fn write_key(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, Keyring::generate().unwrap().reveal()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn where_everything_is_in_order_every_line_says_so_and_nothing_is_left_behind() {
    let place = Place::new().await;
    let report = place.told().await;
    assert!(
        report.ok() && report.checks.iter().all(|check| check.status == Status::Ok),
        "{report:?}"
    );
    let mut prose = Vec::new();
    report.print(false, &mut prose).unwrap();
    let prose = String::from_utf8(prose).unwrap();
    assert!(
        prose.contains("ok        schema            no migration is missing"),
        "{prose}"
    );
    assert!(
        prose.ends_with("Nothing stands in the way of `nordbro serve`.\n"),
        "{prose}"
    );

    let names: Vec<_> = std::fs::read_dir(place.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    // No call carried a key.
    for seen in place.simulator.test().requests() {
        let told = format!("{seen:?}").to_lowercase();
        assert!(!told.contains("ocp-apim") && !told.contains("bearer"), "{told}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_and_not_made() {
    let mut place = Place::new().await;
    let path = place.directory.path().join("other.db");
    place.config.database.url = SecretUrl::new(format!("sqlite:{}", path.display()));
    assert_eq!(
        place.names().await,
        [
            ("database", Status::Failed),
            ("schema", Status::Skipped),
            ("writing", Status::Skipped),
            ("stored keys", Status::Skipped)
        ]
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn an_empty_database_wants_its_migrations() {
    let place = Place::new().await;
    let path = place.directory.path().join("nordbro.db");
    std::fs::write(path, "").unwrap();
    let complaints = place.complaints().await;
    assert_eq!(complaints[0].0, "schema");
    assert!(
        complaints[0].2.contains("migrations are missing"),
        "{complaints:?}"
    );
}

#[tokio::test]
async fn a_key_file_that_is_missing_or_open_to_everybody_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new().await;
    let path = &place.config.sealing.key_file;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(place.names().await, [("key file", Status::Warning)]);
    std::fs::remove_file(path).unwrap();
    assert_eq!(
        place.names().await,
        [("key file", Status::Failed), ("stored keys", Status::Skipped)]
    );
}

#[tokio::test]
async fn another_databases_key_file_is_told_with_what_hangs_on_it() {
    let place = Place::new().await;
    let path = &place.config.sealing.key_file;
    let right = std::fs::read_to_string(path).unwrap();
    {
        let keyring = Keyring::parse(&right).unwrap();
        let url = place.config.database.url.reveal();
        let store = Store::connect(&store::Settings::new(url.to_owned()), keyring)
            .await
            .unwrap();
        let tx = store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        let at = time::OffsetDateTime::UNIX_EPOCH;
        registry.renew_data_key(Owner::Gateway, at).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await.unwrap();
    }
    assert!(place.told().await.ok());

    write_key(path);
    let other = place.complaints().await;
    assert_eq!(
        (other.len(), other[0].0, other[0].1),
        (1, "stored keys", Status::Failed)
    );
    assert!(
        other[0].2.contains("Nothing is damaged") && other[0].2.contains("another database"),
        "{other:?}"
    );

    std::fs::write(path, right).unwrap();
    assert!(place.told().await.ok());
}

#[tokio::test]
async fn an_unreachable_vipps_and_a_taken_address_are_told_each_on_its_line() {
    let mut place = Place::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    place.config.vipps.production.url = format!("http://{free}").parse().unwrap();
    place.config.private.listen = taken.local_addr().unwrap();
    assert_eq!(
        place.names().await,
        [
            ("vipps production", Status::Failed),
            ("private listener", Status::Failed)
        ]
    );
}

#[tokio::test]
async fn what_would_travel_readable_is_told() {
    let mut place = Place::new().await;
    place.config.public.url = "http://gateway.example".to_owned();
    assert_eq!(place.names().await, [("public url", Status::Warning)]);
    place.config.vipps.test.url = "http://192.0.2.1".parse().unwrap();
    let checks = settings::check(&place.config);
    assert!(
        checks
            .iter()
            .any(|check| check.name == "keys in the clear" && check.status == Status::Failed),
        "{checks:?}"
    );
}
