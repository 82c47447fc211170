//! A real gateway between a partner who asks over HTTP and a simulator in the test's own process, all in real time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Clock as _, Environment};
use server::assemble::{Life, assemble};
use server::clock::SystemClock;
use server::config;
use simulator::{Options, Simulator};
use tempfile::TempDir;
use testkit::{Database, Issuer, Kind, Partner};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::binary::Running;
use crate::caller::Caller;

pub(crate) const KEY_FILE: &str = "NORDBRO__SEALING__KEY_FILE";

/// A database with one partner at the sales units 100001 and 100002, Vipps in a box, and settings for gateways
/// that are started and killed.
pub(crate) struct Place {
    pub(crate) simulator: Simulator,
    /// For whoever asks beside the test.
    pub(crate) tasks: TaskTracker,
    issuer: Issuer,
    variables: Vec<(String, String)>,
    kept: (Option<Database>, TempDir),
}

/// These tests ask more often than anybody may.
const UNLIMITED: [(&str, &str); 6] = [
    ("NORDBRO__LIMITS__ADDRESS__BURST", "1000000"),
    ("NORDBRO__LIMITS__ADDRESS__PER_SECOND", "1000000"),
    ("NORDBRO__LIMITS__PARTNER__BURST", "1000000"),
    ("NORDBRO__LIMITS__PARTNER__PER_SECOND", "1000000"),
    ("NORDBRO__LIMITS__SALES_UNIT__BURST", "1000000"),
    ("NORDBRO__LIMITS__SALES_UNIT__PER_SECOND", "1000000"),
];

/// A gateway that serves. Killed when dropped.
pub(crate) struct Gateway {
    process: Running,
    pub(crate) caller: Caller,
}

impl Place {
    pub(crate) async fn of(kind: Kind) -> Self {
        let database = Database::fresh(kind).await;
        let url = database.app_url().to_owned();
        let system_url = database.system_url().unwrap_or_default().to_owned();
        Self::set_up(url, system_url, Some(database)).await
    }

    /// On a database that the caller has migrated and keeps.
    pub(crate) async fn set_up(url: String, system_url: String, kept: Option<Database>) -> Self {
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        std::fs::write(&keys, store::Keyring::generate().unwrap().reveal()).unwrap();
        let variables: Vec<(String, String)> = [
            ("NORDBRO__DATABASE__URL", url),
            ("NORDBRO__DATABASE__SYSTEM_URL", system_url),
            (KEY_FILE, keys.display().to_string()),
            ("NORDBRO__PUBLIC__LISTEN", "127.0.0.1:0".to_owned()),
            ("NORDBRO__PRIVATE__LISTEN", "127.0.0.1:0".to_owned()),
            ("NORDBRO__VIPPS__TEST__URL", simulator.test().url()),
            ("NORDBRO__VIPPS__PRODUCTION__URL", simulator.production().url()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let issuer = Issuer::new("https://id.north.example", "nordbro");
        register(&variables, &simulator, &issuer).await;
        Self {
            simulator,
            tasks: TaskTracker::new(),
            issuer,
            variables,
            kept: (kept, directory),
        }
    }

    /// What a command needs to work here.
    pub(crate) fn variables<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.variables.iter();
        own.map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(more.iter().copied())
            .collect()
    }

    pub(crate) fn database_url(&self) -> String {
        self.variables[0].1.clone()
    }

    /// Where the files of an SQLite database are; the key file is brought there.
    pub(crate) fn database_directory(&mut self) -> PathBuf {
        let url = self.database_url();
        let file = Path::new(url.strip_prefix("sqlite:").unwrap());
        let directory = file.parent().unwrap().to_owned();
        let keys = directory.join("keys");
        std::fs::copy(self.kept.1.path().join("keys"), &keys).unwrap();
        let variable = self.variables.iter_mut().find(|(name, _)| name == KEY_FILE);
        variable.unwrap().1 = keys.display().to_string();
        directory
    }

    /// The key file.
    pub(crate) fn sealing_key(&self) -> String {
        std::fs::read_to_string(self.kept.1.path().join("keys")).unwrap()
    }

    /// The partner's identity provider.
    pub(crate) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// A partner's token that is good now.
    pub(crate) fn token(&self) -> String {
        self.issuer.token(SystemClock.now()).signed()
    }

    /// A gateway process on this database.
    pub(crate) fn start(&self) -> Gateway {
        self.start_with(&[])
    }

    /// The same with further settings.
    pub(crate) fn start_with(&self, more: &[(&str, &str)]) -> Gateway {
        let settings: Vec<_> = UNLIMITED.iter().chain(more).copied().collect();
        let mut process = Running::start(&["serve"], &self.variables(&settings));
        let address = process.logged("serving")["public"].as_str().unwrap().to_owned();
        process.hear();
        Gateway {
            process,
            caller: Caller::new(&address, &self.token()),
        }
    }
}

impl Gateway {
    /// `kill -9`: no handler of it runs, no buffer of it is written.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Asks it to end and waits: exit code, standard output, standard error.
    pub(crate) fn terminate(self) -> (Option<i32>, String, String) {
        self.process.terminate()
    }
}

/// The operator's part, done before any gateway runs.
async fn register(variables: &[(String, String)], simulator: &Simulator, issuer: &Issuer) {
    let config = config::load(None, variables.iter().cloned()).unwrap();
    let life = Life {
        clock: Arc::new(SystemClock),
        tasks: TaskTracker::new(),
        stopping: CancellationToken::new(),
    };
    let app = assemble(&config, &life).await.unwrap();
    let partner = Partner::add(&app, simulator, "north", &["100001", "100002"]).await;
    testkit::register(&app, issuer, partner.id, Environment::Test).await;
    life.tasks.close();
    life.tasks.wait().await;
    app.store().close().await.unwrap();
}
