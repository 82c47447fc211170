//! Putting the rooms together: settings become an [`App`].

use std::sync::Arc;

use anyhow::{Context as _, bail};
use app::App;
use domain::{Clock, Secret};
use outbound::{Jwks, Timeouts, Vipps, jwks, vipps};
use store::{Keyring, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{self, Config, Span};
use crate::key_file;

/// What outlives a request.
#[derive(Debug, Clone)]
pub struct Life {
    pub clock: Arc<dyn Clock>,
    /// Every task is spawned here; the end of the process waits for them.
    pub tasks: TaskTracker,
    /// Cancelled when background work is to stop.
    pub stopping: CancellationToken,
}

/// Opens the database and the ways out, and builds the gateway without its faces. Starts no job. Whether the keys are
/// this database's is asked apart ([`key_file::demand_fitting`]): one command is there to say which of them are missing.
///
/// # Errors
/// A key file or database that cannot be used, or a schema that is behind; the text says what to do.
pub async fn assemble(config: &Config, life: &Life) -> anyhow::Result<App> {
    let store = open_store(config).await?;
    let missing = store
        .pending_migrations()
        .await
        .context("the schema's version cannot be read")?;
    if missing > 0 {
        bail!("the database lacks {missing} migrations; `nordbro migrate` brings it up to date");
    }
    let Ok(operator) = config.vipps.operator.product() else {
        bail!("vipps.operator cannot be sent to Vipps; `nordbro check-config` says which value");
    };
    let vipps = Vipps::new(
        vipps::Settings {
            operator,
            timeouts: timeouts(
                config.vipps.connect_timeout,
                config.vipps.answer_timeout,
                config.vipps.idle_timeout,
            ),
            ..vipps::Settings::new(config.vipps.test.url.clone(), config.vipps.production.url.clone())
        },
        Arc::clone(&life.clock),
        life.tasks.clone(),
    )?;
    let egress = &config.egress;
    let jwks = Jwks::new(&jwks::Settings {
        exceptions: egress.allow.clone(),
        timeouts: timeouts(egress.connect_timeout, egress.answer_timeout, Span::from_secs(10)),
    })?;
    Ok(App::new(app::Parts {
        store,
        vipps,
        jwks,
        clock: Arc::clone(&life.clock),
        settings: app::Settings {
            issuer: config.public_url(),
            operators: config.operators.trusted(),
            replay_horizon: whole(config.vipps.replay_horizon),
            transfer_drain: whole(config.transfers.drain),
            retention: app::Retention::new(
                whole(config.retention.idempotency_keys),
                whole(config.retention.attempts),
            ),
            admission: config::admission::settings(&config.admission, &config.breakers),
            ..app::Settings::default()
        },
        tasks: life.tasks.clone(),
        shutdown: life.stopping.clone(),
    }))
}

/// Opens the database as requests use it. Runs no migration.
///
/// # Errors
/// As [`assemble`].
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    connect_store(config, key_file::read(&config.sealing)?).await
}

pub(crate) async fn connect_store(config: &Config, keyring: Keyring) -> anyhow::Result<Store> {
    let database = &config.database;
    let settings = store::Settings {
        max_connections: database.max_connections,
        acquire_timeout: database.acquire_timeout.get(),
        system_url: (!database.system_url.is_empty()).then(|| Secret::new(database.system_url.reveal())),
        ..store::Settings::new(Secret::new(database.url.reveal()))
    };
    Store::connect(&settings, keyring)
        .await
        .with_context(|| format!("the database {:?} cannot be used", database.url))
}

pub(crate) fn timeouts(connect: Span, answer: Span, idle: Span) -> Timeouts {
    Timeouts {
        connect: connect.get(),
        answer: answer.get(),
        idle: idle.get(),
    }
}

/// A setting as the calendar's kind of duration. Settings are far below what it holds.
pub(crate) fn whole(span: Span) -> time::Duration {
    time::Duration::try_from(span.get()).unwrap_or(time::Duration::MAX)
}
