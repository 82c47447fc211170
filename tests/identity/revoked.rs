//! Trust that is taken back acts at once where that was done, and within two seconds elsewhere.

use api::identity::{Reason, Refusal, authenticate, oauth};
use app::registry::tokens::{self, Signer as Of};
use app::registry::{Client, Issuer, PartnerState, Standing, clients, issuers, partners};
use app::{App, Error, Scope, Scopes};
use domain::{Environment, Secret};
use jsonwebtoken::Algorithm;
use serde_json::json;
use testkit::operator;
use time::Duration;

use crate::signer::Signer;
use crate::world::{World, terms};

const SECRET: &str = "2c6ee24b09816a6f14f95d1698b24ead2c6ee24b09816a6f14f95d1698b24ead";

/// Two processes that have both believed the same two tokens: one of an issuer, one of our own.
struct Two {
    world: World,
    elsewhere: App,
    issuer: Issuer,
    client: Client,
    foreign: String,
    own: String,
    own_id: String,
}

impl Two {
    async fn new() -> Self {
        let world = World::new().await;
        let signer = Signer::new("k1", Algorithm::ES256);
        let partner = world.partner("north").await;
        let issuer = world.issuer(&partner, terms(&[&signer])).await;
        let add = clients::Add {
            partner: partner.id,
            environment: Environment::Test,
            name: "till".to_owned(),
            terms: clients::Terms {
                jwks: None,
                scopes: Scopes::from_claim("payments:read payments:capture"),
                msns: None,
                token_lifetime: Duration::HOUR,
                profile: None,
            },
            secret: Some(Secret::new(SECRET)),
        };
        let client = clients::add(&world.app, &operator(), add).await.unwrap();
        let known = world.app.client(client.id).await.unwrap().unwrap();
        let grant = oauth::Grant {
            scope: None,
            msns: None,
        };
        let handed_out = oauth::issue(&world.app, &known, grant).await.unwrap();
        let mut claims = world.claims();
        claims["jti"] = json!("till-7-0001");
        let two = Self {
            elsewhere: world.another_process().await,
            foreign: signer.token(&claims),
            own: handed_out.token,
            own_id: handed_out.id,
            world,
            issuer,
            client,
        };
        for app in [&two.world.app, &two.elsewhere] {
            authenticate(app, &two.foreign).await.unwrap();
            authenticate(app, &two.own).await.unwrap();
        }
        two
    }

    /// Refused for `because` here at once, and elsewhere two seconds later.
    async fn ended(&self, token: &str, because: Reason) {
        let reason = |answer| match answer {
            Err(Refusal::Invalid(reason)) => reason,
            other => panic!("not refused by reason: {other:?}"),
        };
        assert_eq!(reason(authenticate(&self.world.app, token).await), because);
        self.world.clock.advance(Duration::milliseconds(2_001));
        assert_eq!(reason(authenticate(&self.elsewhere, token).await), because);
    }

    /// Still believed in both.
    async fn believed(&self, token: &str) {
        for app in [&self.world.app, &self.elsewhere] {
            authenticate(app, token).await.unwrap();
        }
    }
}

#[tokio::test]
async fn of_a_partner() {
    let two = Two::new().await;
    let suspended = partners::Changes {
        state: Some(PartnerState::Suspended),
        ..partners::Changes::default()
    };
    partners::set(&two.world.app, &operator(), two.issuer.partner, suspended)
        .await
        .unwrap();
    two.ended(&two.foreign, Reason::Issuer).await;
    two.ended(&two.own, Reason::Issuer).await;
}

#[tokio::test]
async fn of_an_issuer_and_given_back() {
    let two = Two::new().await;
    let app = &two.world.app;
    issuers::stand(app, &operator(), two.issuer.id, Standing::Suspended)
        .await
        .unwrap();
    two.ended(&two.foreign, Reason::Issuer).await;
    two.believed(&two.own).await;
    issuers::stand(app, &operator(), two.issuer.id, Standing::Active)
        .await
        .unwrap();
    two.world.clock.advance(Duration::milliseconds(2_001));
    two.believed(&two.foreign).await;
}

#[tokio::test]
async fn of_a_client_which_gets_no_more_tokens_either() {
    let two = Two::new().await;
    let app = &two.world.app;
    clients::stand(app, &operator(), two.client.id, Standing::Suspended)
        .await
        .unwrap();
    assert_eq!(app.client(two.client.id).await.unwrap(), None);
    two.ended(&two.own, Reason::Issuer).await;
    two.believed(&two.foreign).await;
}

#[tokio::test]
async fn of_one_token_and_of_no_other() {
    let two = Two::new().await;
    let app = &two.world.app;
    tokens::revoke(app, &operator(), Of::Client(two.client.id), &two.own_id)
        .await
        .unwrap();
    two.ended(&two.own, Reason::Revoked).await;
    two.believed(&two.foreign).await;
    // A jti is a name within its signer: another's token of the same name is another token.
    tokens::revoke(app, &operator(), Of::Client(two.client.id), "till-7-0001")
        .await
        .unwrap();
    two.world.clock.advance(Duration::milliseconds(2_001));
    two.believed(&two.foreign).await;
    tokens::revoke(app, &operator(), Of::Issuer(two.issuer.id), "till-7-0001")
        .await
        .unwrap();
    two.ended(&two.foreign, Reason::Revoked).await;
    let again = tokens::revoke(app, &operator(), Of::Issuer(two.issuer.id), "till-7-0001").await;
    assert!(matches!(again, Err(Error::Invalid(_))), "{again:?}");
}

#[tokio::test]
async fn of_one_scope() {
    let two = Two::new().await;
    let app = &two.world.app;
    let has = async |app: &App, token: &str| {
        let identity = authenticate(app, token).await.unwrap();
        identity.scopes.contains(Scope::PaymentsCapture)
    };
    assert!(has(app, &two.foreign).await && has(app, &two.own).await);
    let ceiling = issuers::Terms {
        jwks: two.issuer.jwks.clone(),
        scopes: Scopes::from_claim("payments:read"),
        ..terms(&[])
    };
    issuers::set(app, &operator(), two.issuer.id, ceiling)
        .await
        .unwrap();
    let ceiling = clients::Terms {
        jwks: None,
        scopes: Scopes::from_claim("payments:read"),
        msns: None,
        token_lifetime: Duration::HOUR,
        profile: None,
    };
    clients::set(app, &operator(), two.client.id, ceiling)
        .await
        .unwrap();
    assert!(!has(app, &two.foreign).await && !has(app, &two.own).await);
    two.world.clock.advance(Duration::milliseconds(2_001));
    assert!(!has(&two.elsewhere, &two.foreign).await && !has(&two.elsewhere, &two.own).await);
}
