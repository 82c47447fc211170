//! Where the demo takes place: ports, directory, database, keys.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use simulator::Simulator;
use store::Keyring;
use tempfile::TempDir;

use crate::config::{Config, SecretUrl, Telemetry};
use crate::running::Doors;

/// Settings of the demo, and the directory that lives as long as it.
pub(super) struct Setting {
    pub(super) config: Config,
    port: u16,
    _temporary: Option<TempDir>,
}

/// Where everything answers, without trailing slashes.
pub(super) struct Addresses {
    pub(super) gateway: String,
    pub(super) private: String,
    pub(super) simulator: String,
    pub(super) simulator_production: String,
}

impl Setting {
    pub(super) fn prepare(
        mut config: Config,
        port: u16,
        data: Option<PathBuf>,
        database: Option<SecretUrl>,
    ) -> anyhow::Result<Self> {
        let (directory, temporary) = if let Some(directory) = data {
            std::fs::create_dir_all(&directory)
                .with_context(|| format!("--data: {} cannot be made", directory.display()))?;
            (directory, None)
        } else {
            let temporary = tempfile::Builder::new().prefix("nordbro-demo-").tempdir()?;
            (temporary.path().to_owned(), Some(temporary))
        };
        config.sealing.key_file = directory.join("keys");
        ensure_key_file(&config.sealing.key_file)?;
        let embedded = || SecretUrl::new(format!("sqlite:{}", directory.join("nordbro.db").display()));
        config.database.url = database.unwrap_or_else(embedded);
        config.database.system_url = SecretUrl::new("");
        config.public.listen = here(port, 0)?;
        config.private.listen = here(port, 1)?;
        config.public.url = String::new();
        Ok(Self {
            config,
            port,
            _temporary: temporary,
        })
    }

    /// Brings the database to the newest schema. On PostgreSQL the one URL is the owner's; the gateway itself goes
    /// on as the two users who stand before the wall, which are made here.
    pub(super) async fn migrate(&mut self) -> anyhow::Result<()> {
        let database = &mut self.config.database;
        migrations::run(database.url.reveal())
            .await
            .with_context(|| format!("{:?} could not be migrated", database.url))?;
        if database.url.is_postgres() {
            let users = migrations::admit(database.url.reveal()).await.with_context(|| {
                format!(
                    "the two users of the demo could not be made; that of {:?} must be allowed to make roles",
                    database.url
                )
            })?;
            database.url = SecretUrl::new(users.app);
            database.system_url = SecretUrl::new(users.system);
        }
        Ok(())
    }

    /// The port of the simulator's `nth` world.
    pub(super) fn simulator_port(&self, nth: u16) -> anyhow::Result<u16> {
        Ok(here(self.port, nth + 2)?.port())
    }

    /// Tells the gateway where its Vipps is.
    pub(super) fn meet(&mut self, simulator: &Simulator) -> anyhow::Result<()> {
        self.config.vipps.test.url = simulator.test().url().parse()?;
        self.config.vipps.production.url = simulator.production().url().parse()?;
        Ok(())
    }
}

impl Addresses {
    pub(super) fn new(doors: &Doors, config: &Config, simulator: &Simulator) -> Self {
        Self {
            gateway: config.public_url(),
            private: format!("http://{}", doors.private_address),
            simulator: simulator.test().url(),
            simulator_production: simulator.production().url(),
        }
    }
}

/// Prose and log lines share a terminal: unless somebody chose otherwise, only warnings are told.
pub(super) fn quiet(telemetry: &Telemetry) -> Telemetry {
    let shipped = crate::config::load(None, []).map(|config| config.telemetry.log);
    let log = match shipped {
        Ok(shipped) if shipped == telemetry.log => "warn".to_owned(),
        _ => telemetry.log.clone(),
    };
    Telemetry {
        log,
        ..telemetry.clone()
    }
}

fn here(port: u16, nth: u16) -> anyhow::Result<SocketAddr> {
    let port = if port == 0 {
        0
    } else {
        port.checked_add(nth)
            .context("--port leaves no room for the next three ports")?
    };
    Ok((Ipv4Addr::LOCALHOST, port).into())
}

/// A key file of its own for each directory, readable by its owner only.
fn ensure_key_file(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if path.exists() {
        return Ok(());
    }
    let key = Keyring::generate()?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    writeln!(file, "{}", key.reveal())?;
    Ok(())
}
