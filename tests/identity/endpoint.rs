//! The token endpoint, through the router.

use api::identity::{Reason, Refusal, authenticate, oauth};
use app::registry::{Client, PartnerState, clients, partners};
use app::{Scope, Scopes};
use axum::Router;
use axum::body::Body;
use data_encoding::BASE64;
use domain::{Clock, Environment, Secret};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use time::Duration;
use tower::ServiceExt;

use crate::signer::{Signer, jwks};
use crate::world::{OWN, World, msns};

const SECRET: &str = "2c6ee24b09816a6f14f95d1698b24ead2c6ee24b09816a6f14f95d1698b24ead";
const JWT_BEARER: &str = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

struct Endpoint {
    world: World,
    router: Router,
    client: Client,
    signer: Signer,
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Value,
}

impl Endpoint {
    async fn new() -> Self {
        let world = World::new().await;
        let signer = Signer::new("c1", Algorithm::ES256);
        let partner = world.partner("north").await;
        let add = clients::Add {
            partner: partner.id,
            environment: Environment::Test,
            name: "till".to_owned(),
            terms: clients::Terms {
                jwks: Some(jwks(&[&signer])),
                scopes: Scopes::from_claim("payments:read payments:capture"),
                msns: Some(msns(&["123456"])),
                token_lifetime: Duration::minutes(15),
                profile: None,
            },
            secret: Some(Secret::new(SECRET)),
        };
        let client = clients::add(&world.app, &testkit::operator(), add).await.unwrap();
        Self {
            router: oauth::router(world.app.clone()),
            world,
            client,
            signer,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    async fn post(&self, form: &str) -> Answer {
        self.send(form_request(form, None)).await
    }

    async fn basic(&self, id: &str, secret: &str) -> Answer {
        let pair = BASE64.encode(format!("{id}:{secret}").as_bytes());
        let request = form_request("grant_type=client_credentials", Some(&format!("Basic {pair}")));
        self.send(request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    fn assertion(&self) -> Value {
        let id = self.client.id.to_string();
        let now = self.world.clock.now().unix_timestamp();
        json!({
            "iss": id, "sub": id, "aud": format!("{OWN}/oauth/token"),
            "iat": now, "exp": now + 60, "jti": "assertion-1",
        })
    }

    async fn assert(&self, assertion: &str) -> Answer {
        self.post(&format!(
            "grant_type=client_credentials&client_assertion_type={JWT_BEARER}&client_assertion={assertion}"
        ))
        .await
    }

    async fn token(&self) -> String {
        let answer = self.basic(&self.client.id.to_string(), SECRET).await;
        answer.body["access_token"].as_str().unwrap().to_owned()
    }
}

fn form_request(form: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::post("/oauth/token").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request.body(Body::from(form.to_owned())).unwrap()
}

impl Answer {
    fn refused(&self, status: u16, error: &str) {
        assert_eq!(
            (self.status.as_u16(), self.body["error"].as_str()),
            (status, Some(error)),
            "{}",
            self.body
        );
        assert_eq!(self.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn a_secret_in_the_header_or_in_the_form_is_worth_a_token_within_the_ceiling() {
    let endpoint = Endpoint::new().await;
    let id = endpoint.client.id.to_string();
    let by_header = endpoint.basic(&id, SECRET).await;
    let by_form = endpoint
        .post(&format!(
            "grant_type=client_credentials&client_id={id}&client_secret={SECRET}&scope=payments%3Aread"
        ))
        .await;
    assert_eq!(
        (by_header.status, by_form.status),
        (StatusCode::OK, StatusCode::OK),
        "{}",
        by_header.body
    );
    assert_eq!(by_header.body["token_type"], "Bearer");
    assert_eq!(by_header.body["expires_in"], 900);
    assert_eq!(by_header.body["scope"], "payments:read payments:capture");
    assert_eq!(by_form.body["scope"], "payments:read");
    assert_eq!(by_form.headers["cache-control"], "no-store");

    let token = by_form.body["access_token"].as_str().unwrap();
    let identity = endpoint.world.ask(token).await.unwrap();
    assert_eq!(identity.partner, endpoint.client.partner);
    assert_eq!(identity.environment, Environment::Test);
    assert_eq!(identity.scopes.iter().collect::<Vec<_>>(), [Scope::PaymentsRead]);
    assert_eq!(identity.units, Some(msns(&["123456"])));
    assert_eq!(identity.subject, id);
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_client_and_nobody_are_answered_alike() {
    let endpoint = Endpoint::new().await;
    let id = endpoint.client.id.to_string();
    let wrong = endpoint.basic(&id, &SECRET.replace('2', "3")).await;
    let unknown = endpoint
        .basic("cli_00000000000000000000000000000001", SECRET)
        .await;
    let garbage = endpoint.basic("somebody", SECRET).await;
    for answer in [&wrong, &unknown, &garbage] {
        answer.refused(401, "invalid_client");
        assert_eq!(answer.headers["www-authenticate"], "Basic realm=\"nordbro\"");
        assert_eq!(answer.body, wrong.body);
    }
    endpoint
        .post("grant_type=client_credentials")
        .await
        .refused(401, "invalid_client");
    let by_form = format!("grant_type=client_credentials&client_id={id}&client_secret=wrong");
    let by_form = endpoint.post(&by_form).await;
    by_form.refused(401, "invalid_client");
    assert!(!by_form.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn malformed_requests_are_told_what_is_wrong_with_them() {
    let endpoint = Endpoint::new().await;
    let id = endpoint.client.id.to_string();
    let secret = format!("client_id={id}&client_secret={SECRET}");
    endpoint.post(&secret).await.refused(400, "invalid_request");
    endpoint
        .post(&format!("grant_type=password&{secret}"))
        .await
        .refused(400, "unsupported_grant_type");
    endpoint
        .post(&format!(
            "grant_type=client_credentials&{secret}&client_secret={SECRET}"
        ))
        .await
        .refused(400, "invalid_request");
    endpoint
        .post(&format!(
            "grant_type=client_credentials&{secret}&client_assertion=x"
        ))
        .await
        .refused(400, "invalid_request");
    for scope in ["payments:refund", "openid", "payments:read%20payments:refund"] {
        endpoint
            .post(&format!("grant_type=client_credentials&{secret}&scope={scope}"))
            .await
            .refused(400, "invalid_scope");
    }
    let json = Request::post("/oauth/token")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from("{}"))
        .unwrap();
    endpoint.send(json).await.refused(400, "invalid_request");
    let long = "x".repeat(20_000);
    assert_eq!(endpoint.post(&long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_assertion_is_worth_one_token() {
    let endpoint = Endpoint::new().await;
    let assertion = endpoint.signer.token(&endpoint.assertion());
    let first = endpoint.assert(&assertion).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    endpoint.assert(&assertion).await.refused(401, "invalid_client");
    let mut again = endpoint.assertion();
    again["exp"] = json!(again["exp"].as_i64().unwrap() + 1);
    endpoint
        .assert(&endpoint.signer.token(&again))
        .await
        .refused(401, "invalid_client");
    let mut fresh = endpoint.assertion();
    fresh["jti"] = json!("assertion-2");
    assert_eq!(
        endpoint.assert(&endpoint.signer.token(&fresh)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn one_assertion_sent_twice_at_once_is_worth_one_token() {
    let endpoint = Endpoint::new().await;
    let assertion = endpoint.signer.token(&endpoint.assertion());
    let sent = (0..8).map(|_| endpoint.assert(&assertion));
    let answers = futures_util::future::join_all(sent).await;
    let granted = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK)
        .count();
    assert_eq!(granted, 1);
}

#[tokio::test]
async fn an_assertion_about_somebody_else_or_for_somebody_else_is_refused() {
    let endpoint = Endpoint::new().await;
    let other = "cli_00000000000000000000000000000001";
    let now = endpoint.world.clock.now().unix_timestamp();
    for (claim, value) in [
        ("iss", json!(other)),
        ("sub", json!(other)),
        ("aud", json!("https://evil.example")),
        ("jti", json!(null)),
        ("jti", json!("")),
        ("exp", json!(now - 61)),
        ("exp", json!(now + 3600)),
        ("iat", json!(now + 120)),
    ] {
        let mut claims = endpoint.assertion();
        claims[claim] = value.clone();
        let answer = endpoint.assert(&endpoint.signer.token(&claims)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{claim} = {value}");
    }
    let stranger = Signer::new("c1", Algorithm::ES256);
    endpoint
        .assert(&stranger.token(&endpoint.assertion()))
        .await
        .refused(401, "invalid_client");
}

#[tokio::test]
async fn failures_are_limited_and_the_right_secret_still_opens() {
    let endpoint = Endpoint::new().await;
    let id = endpoint.client.id.to_string();
    for _ in 0..10 {
        endpoint.basic(&id, "wrong").await.refused(401, "invalid_client");
    }
    let eleventh = endpoint.basic(&id, "wrong").await;
    eleventh.refused(429, "invalid_client");
    assert_eq!(eleventh.headers["retry-after"], "60");
    assert_eq!(endpoint.basic(&id, SECRET).await.status, StatusCode::OK);
    endpoint.world.clock.advance(Duration::seconds(61));
    endpoint.basic(&id, "wrong").await.refused(401, "invalid_client");
}

#[tokio::test]
async fn a_client_changes_secrets_without_a_pause_and_the_old_one_ends() {
    let endpoint = Endpoint::new().await;
    let id = endpoint.client.id.to_string();
    let newer = SECRET.replace('2', "3");
    let app = &endpoint.world.app;
    clients::add_secret(
        app,
        &testkit::operator(),
        endpoint.client.id,
        &Secret::new(newer.as_str()),
        clients::Others::Keep,
    )
    .await
    .unwrap();
    assert_eq!(endpoint.basic(&id, SECRET).await.status, StatusCode::OK);
    assert_eq!(endpoint.basic(&id, &newer).await.status, StatusCode::OK);
    let newest = SECRET.replace('2', "5");
    clients::add_secret(
        app,
        &testkit::operator(),
        endpoint.client.id,
        &Secret::new(newest.as_str()),
        clients::Others::Retire,
    )
    .await
    .unwrap();
    endpoint.basic(&id, SECRET).await.refused(401, "invalid_client");
    endpoint.basic(&id, &newer).await.refused(401, "invalid_client");
    assert_eq!(endpoint.basic(&id, &newest).await.status, StatusCode::OK);
    let short = clients::add_secret(
        app,
        &testkit::operator(),
        endpoint.client.id,
        &Secret::new("hunter2"),
        clients::Others::Keep,
    )
    .await;
    assert!(matches!(short, Err(app::Error::Invalid(_))));
}

#[tokio::test]
async fn a_removed_client_and_a_suspended_partner_end_their_tokens() {
    let endpoint = Endpoint::new().await;
    let token = endpoint.token().await;
    endpoint.world.ask(&token).await.unwrap();
    let app = &endpoint.world.app;
    let suspended = partners::Changes {
        state: Some(PartnerState::Suspended),
        ..Default::default()
    };
    partners::set(app, &testkit::operator(), endpoint.client.partner, suspended)
        .await
        .unwrap();
    let refused = endpoint.world.ask(&token).await;
    assert!(
        matches!(refused, Err(Refusal::Invalid(Reason::Issuer))),
        "{refused:?}"
    );
    endpoint
        .basic(&endpoint.client.id.to_string(), SECRET)
        .await
        .refused(401, "invalid_client");
    let active = partners::Changes {
        state: Some(PartnerState::Active),
        ..Default::default()
    };
    partners::set(app, &testkit::operator(), endpoint.client.partner, active)
        .await
        .unwrap();
    endpoint.world.ask(&token).await.unwrap();
    clients::remove(app, &testkit::operator(), endpoint.client.id)
        .await
        .unwrap();
    assert!(endpoint.world.ask(&token).await.is_err());
}

#[tokio::test]
async fn a_signing_key_is_published_before_it_signs_and_until_its_tokens_have_run_out() {
    let endpoint = Endpoint::new().await;
    let kids = async || -> Vec<String> {
        let set = endpoint.get("/.well-known/jwks.json").await;
        assert_eq!(set.headers["content-type"], "application/jwk-set+json");
        assert!(!set.body.to_string().contains("\"d\""));
        let keys = set.body["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    let kid_of = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();

    let first = kids().await;
    assert_eq!(first.len(), 1);
    assert_eq!(kid_of(&endpoint.token().await), first[0]);
    assert_eq!(kids().await, first);

    endpoint.world.clock.advance(Duration::days(29));
    let both = kids().await;
    assert_eq!(both.len(), 2, "the next key is not published ahead");
    assert_eq!(
        kid_of(&endpoint.token().await),
        first[0],
        "the next key signs too early"
    );

    endpoint
        .world
        .clock
        .advance(Duration::hours(23) + Duration::minutes(59));
    let last = endpoint.token().await;
    assert_eq!(kid_of(&last), first[0]);
    endpoint.world.clock.advance(Duration::minutes(2));
    let next = endpoint.token().await;
    assert_eq!(kid_of(&next), both[1]);
    endpoint.world.ask(&last).await.unwrap();
    endpoint.world.ask(&next).await.unwrap();

    endpoint.world.clock.advance(Duration::days(3));
    assert_eq!(kids().await, both[1..]);
}

#[tokio::test]
async fn two_processes_agree_on_one_signing_key() {
    let endpoint = Endpoint::new().await;
    let other = oauth::router::<()>(endpoint.world.another_process().await);
    let ask = |router: &Router| {
        let request = Request::get("/.well-known/jwks.json")
            .body(Body::empty())
            .unwrap();
        router.clone().oneshot(request)
    };
    let (one, two) = tokio::join!(ask(&endpoint.router), ask(&other));
    let mut sets = Vec::new();
    for response in [one.unwrap(), two.unwrap()] {
        sets.push(response.into_body().collect().await.unwrap().to_bytes());
    }
    assert_eq!(sets[0], sets[1]);
}

#[tokio::test]
async fn a_process_whose_clock_is_behind_signs_with_the_first_key_that_another_made() {
    let mut endpoint = Endpoint::new().await;
    let first = endpoint.token().await;
    for behind in [Duration::MILLISECOND, Duration::seconds(20)] {
        let other = endpoint.world.another_process_with_a_clock_off(-behind).await;
        endpoint.router = oauth::router(other.clone());
        let token = endpoint.token().await;
        authenticate(&other, &token).await.unwrap();
        endpoint.world.ask(&token).await.unwrap();
        authenticate(&other, &first).await.unwrap();
    }
}

#[tokio::test]
async fn the_metadata_names_what_there_is() {
    let endpoint = Endpoint::new().await;
    let answer = endpoint.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(answer.body["issuer"], OWN);
    assert_eq!(answer.body["token_endpoint"], format!("{OWN}/oauth/token"));
    assert_eq!(
        answer.body["grant_types_supported"],
        json!(["client_credentials"])
    );
    assert_eq!(answer.body["scopes_supported"].as_array().unwrap().len(), 15);
}
