//! Two partners with a sales unit each, beside the simulator.

use std::num::NonZeroU32;
use std::sync::Arc;

use api::limit::{Rate, Rates};
use api::{Face, Settings};
use app::registry::sales_units::Changes;
use app::registry::{
    AssignmentState, KeySetOwner, Market, Orphans, clients, key_sets, merchants, partners, profiles,
    sales_units,
};
use app::{App, Parts, Scopes};
use axum::Router;
use axum::body::Body;
use data_encoding::BASE64;
use domain::{Clock, CredentialMode, Environment, ProductProfile, Secret};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http_body_util::BodyExt;
use outbound::Vipps;
use serde_json::{Value, json};
use simulator::{Options, Simulator, UnitWithKeys};
use store::{Keyring, Store};
use time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::client::Client;
use testkit::ManualClock;
use time::macros::datetime;

const SECRET: &str = "2c6ee24b09816a6f14f95d1698b24ead2c6ee24b09816a6f14f95d1698b24ead";

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) north: Client,
    pub(crate) south: Client,
    router: Router,
    app: App,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
        migrations::run(&url).await.unwrap();
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let clock = Arc::new(ManualClock::new(datetime!(2026-11-21 12:00 UTC)));
        let app = app_on(&url, &simulator, &clock).await;
        let router = api::router(&Face::new(app.clone(), settings));
        let mut units = simulator.test().units();
        let other = units.swap_remove(1);
        let one = units.swap_remove(0);
        let north = partner(&app, &router, "north", one).await;
        let south = partner(&app, &router, "south", other).await;
        Self {
            simulator,
            clock,
            north,
            south,
            router,
            app,
            _directory: directory,
        }
    }

    /// One round of the job that writes the ledger of calls.
    pub(crate) async fn record_calls(&self) {
        app::jobs::record_calls::run_once(&self.app, self.clock.now())
            .await
            .unwrap();
    }

    pub(crate) fn nobody(&self) -> Client {
        Client {
            token: None,
            ..self.north.clone()
        }
    }

    /// North with these scopes only.
    pub(crate) async fn north_with(&self, scope: &str) -> Client {
        let client = clients::list(&self.app, None).await.unwrap().swap_remove(0);
        Client {
            token: Some(token(&self.router, &client.id.to_string(), Some(scope)).await),
            ..self.north.clone()
        }
    }
}

/// A limit that one request exhausts.
pub(crate) fn one_at_a_time() -> Rates {
    let one = Rate {
        burst: NonZeroU32::MIN,
        per_second: NonZeroU32::MIN,
    };
    Rates {
        sales_unit: one,
        ..Rates::default()
    }
}

pub(crate) fn create(reference: &str) -> Value {
    json!({
        "amount": {"currency": "NOK", "value": 1000},
        "paymentMethod": {"type": "WALLET"},
        "reference": reference,
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "https://example.com/return",
        "paymentDescription": "One order",
    })
}

pub(crate) fn nok(value: i64) -> Value {
    json!({"modificationAmount": {"currency": "NOK", "value": value}})
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
        exceptions: Vec::new(),
        timeouts: outbound::Timeouts::default(),
    };
    let tasks = TaskTracker::new();
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    App::new(Parts {
        store,
        vipps: Vipps::new(vipps, Arc::clone(&clock), tasks.clone()).unwrap(),
        jwks: outbound::Jwks::new(&guard).unwrap(),
        clock,
        settings: app::Settings {
            issuer: "https://gateway.example".to_owned(),
            ..app::Settings::default()
        },
        tasks,
        shutdown: CancellationToken::new(),
    })
}

async fn partner(app: &App, router: &Router, name: &str, unit: UnitWithKeys) -> Client {
    let environment = Environment::Test;
    let partner = partners::add(app, &testkit::operator(), name).await.unwrap().id;
    let product = ProductProfile::new(name, "1.0", "till", "2.0").unwrap();
    let profile = profiles::Add {
        partner,
        environment,
        name: "till".to_owned(),
        product,
    };
    profiles::add(app, &testkit::operator(), profile).await.unwrap();
    let merchant = merchants::Add {
        partner,
        environment,
        name: name.to_owned(),
        organisation_number: "987654325".to_owned(),
        country: "NO".to_owned(),
    };
    let merchant = merchants::add(app, &testkit::operator(), merchant)
        .await
        .unwrap()
        .id;
    let add = sales_units::Add {
        partner,
        environment,
        merchant,
        msn: unit.unit.msn.parse().unwrap(),
        name: format!("{name}, Storgata 1"),
        market: Market::Norway,
        credential_mode: CredentialMode::Own,
        profile: None,
        orphans: Orphans::CancelPush,
    };
    let assignment = sales_units::add(app, &testkit::operator(), add).await.unwrap().id;
    let keys = key_sets::Add {
        owner: KeySetOwner::SalesUnit { partner, assignment },
        environment,
        client_id: unit.keys.client_id.clone(),
        client_secret: Secret::new(unit.keys.client_secret.as_str()),
        subscription_key: Secret::new(unit.keys.primary_subscription_key.as_str()),
        secondary_subscription_key: None,
    };
    key_sets::add(app, &testkit::operator(), keys).await.unwrap();
    let live = Changes {
        state: Some(AssignmentState::Live),
        ..Changes::default()
    };
    sales_units::set(app, &testkit::operator(), assignment, live)
        .await
        .unwrap();
    let client = clients::Add {
        partner,
        environment,
        name: "till".to_owned(),
        terms: clients::Terms {
            jwks: None,
            scopes: Scopes::all(),
            msns: None,
            token_lifetime: Duration::hours(1),
            profile: None,
        },
        secret: Some(Secret::new(SECRET)),
    };
    let client = clients::add(app, &testkit::operator(), client).await.unwrap();
    Client {
        router: router.clone(),
        token: Some(token(router, &client.id.to_string(), None).await),
        msn: unit.unit.msn,
    }
}

async fn token(router: &Router, client: &str, scope: Option<&str>) -> String {
    let pair = BASE64.encode(format!("{client}:{SECRET}").as_bytes());
    let scope = scope.map_or_else(String::new, |scope| {
        let words: String = url::form_urlencoded::byte_serialize(scope.as_bytes()).collect();
        format!("&scope={words}")
    });
    let request = Request::post("/oauth/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(AUTHORIZATION, format!("Basic {pair}"))
        .body(Body::from(format!("grant_type=client_credentials{scope}")))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}
