//! An app on an empty database, with a simulated Vipps and a clock turned by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::identity::{Refusal, authenticate};
use app::registry::{Jwks, Partner, issuers, partners};
use app::{App, Identity, Parts, Scopes, Settings};
use domain::{Clock, Environment, Msn};
use outbound::Vipps;
use serde_json::{Value, json};
use simulator::{Options, Simulator};
use store::{Keyring, Store};
use time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::signer::{Signer, jwks};
use testkit::ManualClock;
use time::macros::datetime;

pub(crate) const ISS: &str = "https://login.acme.example";
pub(crate) const AUD: &str = "nordbro-test";
pub(crate) const OWN: &str = "https://gateway.example";

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) simulator: Simulator,
    pub(crate) url: String,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
        migrations::run(&url).await.unwrap();
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let clock = Arc::new(ManualClock::new(datetime!(2026-11-21 12:00 UTC)));
        Self {
            app: app_on(&url, &simulator, &clock).await,
            clock,
            simulator,
            url,
            _directory: directory,
        }
    }

    /// Another process on the same database.
    pub(crate) async fn another_process(&self) -> App {
        app_on(&self.url, &self.simulator, &self.clock).await
    }

    /// Another process on the same database, whose clock differs by `by`.
    pub(crate) async fn another_process_with_a_clock_off(&self, by: Duration) -> App {
        let clock = Arc::new(ManualClock::new(self.clock.now() + by));
        app_on(&self.url, &self.simulator, &clock).await
    }

    pub(crate) async fn partner(&self, name: &str) -> Partner {
        partners::add(&self.app, &testkit::operator(), name)
            .await
            .unwrap()
    }

    pub(crate) async fn issuer(&self, partner: &Partner, terms: issuers::Terms) -> app::registry::Issuer {
        let add = issuers::Add {
            partner: partner.id,
            environment: Environment::Test,
            iss: ISS.to_owned(),
            aud: AUD.to_owned(),
            terms,
        };
        issuers::add(&self.app, &testkit::operator(), add).await.unwrap()
    }

    pub(crate) async fn ask(&self, token: &str) -> Result<Arc<Identity>, Refusal> {
        authenticate(&self.app, token).await
    }

    /// Claims that are good for five minutes from now.
    pub(crate) fn claims(&self) -> Value {
        let now = self.clock.now().unix_timestamp();
        json!({
            "iss": ISS, "aud": AUD, "sub": "till-7", "iat": now, "exp": now + 300,
            "scope": "payments:read payments:capture",
        })
    }
}

async fn app_on(url: &str, simulator: &Simulator, clock: &Arc<ManualClock>) -> App {
    let keyring = Keyring::parse(testkit::KEY_FILE).unwrap();
    let store = Store::connect(&store::Settings::new(url.to_owned()), keyring)
        .await
        .unwrap();
    let vipps = outbound::vipps::Settings::new(
        simulator.test().url().parse().unwrap(),
        simulator.production().url().parse().unwrap(),
    );
    let guard = outbound::jwks::Settings {
        exceptions: vec!["127.0.0.0/8".parse().unwrap()],
        timeouts: outbound::Timeouts::default(),
    };
    let tasks = TaskTracker::new();
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    App::new(Parts {
        store,
        vipps: Vipps::new(vipps, Arc::clone(&clock), tasks.clone()).unwrap(),
        jwks: outbound::Jwks::new(&guard).unwrap(),
        clock,
        settings: Settings {
            issuer: OWN.to_owned(),
            ..Settings::default()
        },
        tasks,
        shutdown: CancellationToken::new(),
    })
}

pub(crate) fn terms(signers: &[&Signer]) -> issuers::Terms {
    issuers::Terms {
        jwks: Jwks::Inline(jwks(signers)),
        algorithms: issuers::ALGORITHMS.map(str::to_owned).to_vec(),
        scopes: Scopes::from_claim("payments:read payments:create payments:capture"),
        msns: None,
        max_lifetime: Duration::hours(1),
        demands_at_jwt: false,
    }
}

pub(crate) fn msns(list: &[&str]) -> BTreeSet<Msn> {
    list.iter().map(|msn| msn.parse().unwrap()).collect()
}
