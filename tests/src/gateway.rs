//! The gateway behind its HTTP face, with partners who hold signed tokens.

use app::identity::OperatorIssuer;
use app::registry::Jwks;
use app::registry::issuers::{self, Terms};
use app::{App, Scopes, jobs};
use axum::Router;
use domain::{Clock as _, Environment, PartnerId};
use http::Method;
use outbound::Timeouts;
use time::Duration;

use crate::{Ask, Database, Desk, Issuer, Kind, Token, World};

/// The address under which partners know every gateway of these tests.
pub(crate) const PUBLIC_URL: &str = "https://gateway.example";

/// How a gateway is set up; the default is as shipped.
pub struct Setup {
    pub app: app::Settings,
    pub face: api::Settings,
    pub timeouts: Timeouts,
    /// Whether the operators' API believes anybody.
    pub has_operators: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            app: app::Settings {
                issuer: PUBLIC_URL.to_owned(),
                ..app::Settings::default()
            },
            face: api::Settings {
                public_url: PUBLIC_URL.to_owned(),
                ..api::Settings::default()
            },
            timeouts: Timeouts::default(),
            has_operators: true,
        }
    }
}

impl Setup {
    /// Partner limits and Vipps' budgets out of the way.
    #[must_use]
    pub fn without_limits(mut self) -> Self {
        let plenty = std::num::NonZeroU32::MAX;
        for rate in [
            &mut self.face.rates.address,
            &mut self.face.rates.partner,
            &mut self.face.rates.sales_unit,
        ] {
            rate.burst = plenty;
        }
        self.app.writes.most = usize::MAX;
        self.app.reads.most = usize::MAX;
        self
    }

    /// Socket timeouts of 50 ms.
    #[must_use]
    pub fn impatient(mut self) -> Self {
        self.timeouts = Timeouts {
            connect: std::time::Duration::from_millis(50),
            answer: std::time::Duration::from_millis(50),
            ..self.timeouts
        };
        self
    }
}

pub struct Gateway {
    pub world: World,
    pub router: Router,
    /// North's identity provider in the test environment.
    pub north_issuer: Issuer,
    pub south_issuer: Issuer,
    /// The same partner's in production.
    pub north_production: Issuer,
    /// What the private listener serves of the API.
    pub operators: Router,
    pub operator_issuer: Issuer,
    face: api::Settings,
}

impl Gateway {
    pub async fn start(kind: Kind) -> Self {
        Self::set_up(kind, Setup::default()).await
    }

    pub async fn set_up(kind: Kind, setup: Setup) -> Self {
        Self::set_up_on(Database::fresh(kind).await, setup).await
    }

    /// On a database of one's own.
    pub async fn set_up_on(database: Database, mut setup: Setup) -> Self {
        let operator_issuer = Issuer::new("https://id.operator.example", "nordbro-operators");
        if setup.has_operators {
            setup.app.operators = Some(OperatorIssuer {
                iss: operator_issuer.iss.clone(),
                aud: operator_issuer.aud.clone(),
                jwks: Jwks::Inline(operator_issuer.jwks()),
                algorithms: vec!["ES256".to_owned()],
                max_lifetime: Duration::hours(1),
                demands_at_jwt: false,
            });
        }
        let world = World::start_on(database, setup.app, setup.timeouts).await;
        let gateway = Self {
            router: router(&world.app, &setup.face),
            operators: operators(&world.app, &setup.face),
            operator_issuer,
            north_issuer: Issuer::new("https://id.north.example", "nordbro"),
            south_issuer: Issuer::new("https://id.south.example", "nordbro"),
            north_production: Issuer::new("https://id.north.example", "nordbro-production"),
            face: setup.face,
            world,
        };
        let Gateway { world, .. } = &gateway;
        for (issuer, partner, environment) in [
            (&gateway.north_issuer, world.north.id, Environment::Test),
            (&gateway.south_issuer, world.south.id, Environment::Test),
            (&gateway.north_production, world.north.id, Environment::Production),
        ] {
            gateway.register(issuer, partner, environment).await;
        }
        gateway
    }

    /// As [`register`], with this gateway.
    pub async fn register(&self, issuer: &Issuer, partner: PartnerId, environment: Environment) {
        register(&self.world.app, issuer, partner, environment).await;
    }

    /// A second process on the same database, beside this one.
    pub async fn replica(&self) -> Router {
        router(&self.world.another_process().await, &self.face)
    }

    /// The HTTP face of another process.
    pub fn face_of(&self, app: &App) -> Router {
        router(app, &self.face)
    }

    /// Another process's gateway on the same database; this one is given up where it stands.
    pub async fn restarted(mut self) -> Self {
        self.world.app = self.world.another_process().await;
        self.router = router(&self.world.app, &self.face);
        self.operators = operators(&self.world.app, &self.face);
        self
    }

    /// North at its first sales unit.
    pub fn north(&self) -> Desk<'_> {
        self.desk(&self.north_token(), "100001")
    }

    pub fn south(&self) -> Desk<'_> {
        self.desk(&self.south_token(), "200001")
    }

    pub fn desk(&self, token: &Token<'_>, msn: &str) -> Desk<'_> {
        Desk::new(self, token.signed(), msn)
    }

    pub fn north_token(&self) -> Token<'_> {
        self.north_issuer.token(self.world.clock.now())
    }

    pub fn south_token(&self) -> Token<'_> {
        self.south_issuer.token(self.world.clock.now())
    }

    /// An operator's token.
    pub fn operator_token(&self, role: &str) -> Token<'_> {
        let token = self.operator_issuer.token(self.world.clock.now());
        token
            .without("scope")
            .claim("sub", "kari")
            .claim("nordbro_role", role)
    }

    /// A request to the private listener, of nobody yet.
    pub fn ask_privately(&self, method: Method, path: &str) -> Ask<'_> {
        self.ask(method, path).through(&self.operators)
    }

    /// A request of an operator with this role.
    pub fn operate(&self, role: &str, method: Method, path: &str) -> Ask<'_> {
        let token = self.operator_token(role).signed();
        self.ask_privately(method, path).bearer(&token)
    }

    /// A request of nobody.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask::new(self, method, path)
    }

    /// Lets the time pass in steps of a second, each with a round of every job, as the server does it.
    pub async fn pass(&self, span: Duration) {
        for _ in 0..span.whole_seconds() {
            self.world.advance(Duration::SECOND).await;
            self.work().await;
        }
    }

    /// One round of the looks at sales units that are due.
    pub async fn look(&self) {
        let app = &self.world.app;
        let round = jobs::check_units::run_once(app, app.clock().now());
        self.world.finish(round).await.unwrap();
    }

    /// One round of the jobs that carry on what was begun: open operations are settled, what becomes of late payments
    /// is decided, units move, receipts leave, calls are counted. Nothing is forgotten, and no sales unit is looked at.
    pub async fn work(&self) {
        let app = &self.world.app;
        let rounds = async {
            jobs::resolve::run_once(app, app.clock().now()).await.unwrap();
            jobs::decide_late::run_once(app, app.clock().now()).await.unwrap();
            jobs::retire_keys::run_once(app, app.clock().now()).await.unwrap();
            jobs::move_units::run_once(app, app.clock().now()).await.unwrap();
            jobs::push_receipts::run_once(app, app.clock().now())
                .await
                .unwrap();
            jobs::follow_orders::run_once(app, app.clock().now())
                .await
                .unwrap();
            jobs::record_calls::run_once(app, app.clock().now())
                .await
                .unwrap();
        };
        self.world.finish(rounds).await;
    }
}

/// Has the operator register an issuer with its keys inline and no ceiling.
pub async fn register(app: &App, issuer: &Issuer, partner: PartnerId, environment: Environment) {
    let add = issuers::Add {
        partner,
        environment,
        iss: issuer.iss.clone(),
        aud: issuer.aud.clone(),
        terms: Terms {
            jwks: Jwks::Inline(issuer.jwks()),
            algorithms: vec!["ES256".to_owned()],
            scopes: Scopes::all(),
            msns: None,
            max_lifetime: Duration::hours(1),
            demands_at_jwt: false,
        },
    };
    issuers::add(app, &crate::operator(), add).await.unwrap();
}

fn router(app: &App, settings: &api::Settings) -> Router {
    api::router(&api::Face::new(app.clone(), settings.clone()))
}

fn operators(app: &App, settings: &api::Settings) -> Router {
    api::admin::router(&api::Face::new(app.clone(), settings.clone()))
}
