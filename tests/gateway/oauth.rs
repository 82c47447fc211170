//! Partners without an identity provider: from client credentials to a first payment.

use app::registry::clients::{self, Terms};
use data_encoding::BASE64;
use domain::{Environment, Secret};
use http::Method;
use serde_json::{Value, json};
use testkit::{Answer, Desk, Gateway, Issuer, Kind, on_both_databases};
use time::Duration;

on_both_databases!(
    a_client_goes_from_its_secret_to_a_payment,
    a_client_proves_itself_by_a_key_once_per_assertion,
    a_wrong_secret_and_an_unknown_client_are_answered_alike,
    a_client_gets_no_more_than_its_ceiling,
    a_removed_client_s_tokens_end_with_it,
);

const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

fn terms(scopes: &str, jwks: Option<String>) -> Terms {
    Terms {
        jwks,
        scopes: app::Scopes::from_claim(scopes),
        msns: None,
        token_lifetime: Duration::minutes(30),
        profile: None,
    }
}

async fn client(gateway: &Gateway, terms: Terms) -> String {
    let add = clients::Add {
        partner: gateway.world.north.id,
        environment: Environment::Test,
        name: "web shop".to_owned(),
        terms,
        secret: Some(Secret::new(SECRET)),
    };
    clients::add(&gateway.world.app, &testkit::operator(), add)
        .await
        .unwrap()
        .id
        .to_string()
}

async fn token(gateway: &Gateway, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form {
        body.append_pair(name, value);
    }
    let ask = gateway
        .ask(Method::POST, "/oauth/token")
        .bytes("application/x-www-form-urlencoded", body.finish());
    let ask = match basic {
        Some((id, secret)) => {
            let pair = BASE64.encode(format!("{id}:{secret}").as_bytes());
            ask.header("authorization", format!("Basic {pair}"))
        }
        None => ask,
    };
    let answer = ask.send().await;
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    answer
}

fn desk<'g>(gateway: &'g Gateway, granted: &Answer) -> Desk<'g> {
    assert_eq!(granted.status, 200, "{granted}");
    Desk {
        token: granted.text("/access_token"),
        ..gateway.north()
    }
}

async fn a_client_goes_from_its_secret_to_a_payment(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let id = client(
        &gateway,
        terms("payments:create payments:approve payments:capture", None),
    )
    .await;
    let metadata = gateway
        .ask(Method::GET, "/.well-known/oauth-authorization-server")
        .send()
        .await
        .is(200);
    assert_eq!(metadata.at("/issuer"), "https://gateway.example");
    assert_eq!(
        metadata.at("/token_endpoint"),
        "https://gateway.example/oauth/token"
    );
    let grant = ("grant_type", "client_credentials");
    let by_basic = token(&gateway, &[grant], Some((&id, SECRET))).await;
    assert_eq!(by_basic.at("/token_type"), "Bearer", "{by_basic}");
    assert_eq!(by_basic.at("/expires_in"), 1_800, "{by_basic}");
    let by_post = token(
        &gateway,
        &[grant, ("client_id", &id), ("client_secret", SECRET)],
        None,
    )
    .await;
    for (nth, granted) in [by_basic, by_post].iter().enumerate() {
        let desk = desk(&gateway, granted);
        let reference = format!("by-client-{nth}");
        let _ = desk.authorized(&reference, 5_000).await;
        let _ = desk.capture(&reference, 5_000, &reference).send().await.is(200);
        let _ = desk
            .refund(&reference, 5_000, &reference)
            .send()
            .await
            .problem(403, "scope_missing");
    }
    // The key is published, without its private half.
    let jwks = gateway
        .ask(Method::GET, "/.well-known/jwks.json")
        .send()
        .await
        .is(200);
    let keys = jwks.at("/keys");
    assert!(!keys.as_array().unwrap().is_empty(), "{jwks}");
    for key in keys.as_array().unwrap() {
        assert!(key.get("d").is_none() && key["kty"] == "EC", "{jwks}");
    }
    // It ends when it says.
    let last = desk(&gateway, &token(&gateway, &[grant], Some((&id, SECRET))).await);
    gateway.world.advance(Duration::seconds(1_860)).await;
    let _ = last
        .create("by-client-late", 5_000, "late")
        .send()
        .await
        .problem(401, "unauthenticated");
}

fn assertion(key: &Issuer, id: &str, gateway: &Gateway, jti: Value) -> String {
    let now = gateway.world.app.clock().now();
    key.token(now)
        .claim("iss", id)
        .claim("sub", id)
        .claim("aud", "https://gateway.example/oauth/token")
        .claim("jti", jti)
        .claim("exp", (now + Duration::minutes(5)).unix_timestamp())
        .signed()
}

async fn a_client_proves_itself_by_a_key_once_per_assertion(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (key, other) = (Issuer::new("own", "own"), Issuer::new("own", "own"));
    let id = client(&gateway, terms("payments:create", Some(key.jwks()))).await;
    let ask = async |assertion: &str| {
        token(
            &gateway,
            &[
                ("grant_type", "client_credentials"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                ("client_assertion", assertion),
            ],
            None,
        )
        .await
    };
    let good = assertion(&key, &id, &gateway, json!("one"));
    let granted = ask(&good).await;
    let _ = desk(&gateway, &granted).created("by-key-0001", 5_000).await;
    let forged = assertion(&other, &id, &gateway, json!("two"));
    let now = gateway.world.app.clock().now();
    let for_others = key
        .token(now)
        .claim("iss", id.clone())
        .claim("sub", id.clone())
        .claim("aud", "https://elsewhere.example")
        .claim("jti", "three")
        .signed();
    let without_jti = assertion(&key, &id, &gateway, json!(null));
    for bad in [&good, &forged, &for_others, &without_jti] {
        let refused = ask(bad).await.is(401);
        assert_eq!(refused.at("/error"), "invalid_client", "{refused}");
    }
    // An assertion is no access token, and the client's key is nobody's issuer.
    let as_token = Desk {
        token: assertion(&key, &id, &gateway, json!("four")),
        ..gateway.north()
    };
    let _ = as_token.get("").send().await.problem(401, "unauthenticated");
}

async fn a_wrong_secret_and_an_unknown_client_are_answered_alike(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let id = client(&gateway, terms("payments:create", None)).await;
    let unknown = format!("{}{}", &id[..id.len() - 4], "0000");
    let grant = ("grant_type", "client_credentials");
    let wrong = "wrong".repeat(13);
    for basic in [true, false] {
        let mut answers = Vec::new();
        for id in [&id, &unknown] {
            let answer = if basic {
                token(&gateway, &[grant], Some((id, &wrong))).await
            } else {
                token(
                    &gateway,
                    &[grant, ("client_id", id), ("client_secret", &wrong)],
                    None,
                )
                .await
            };
            assert_eq!(answer.at("/error"), "invalid_client", "{answer}");
            assert!(!answer.to_string().contains(&wrong), "{answer}");
            answers.push(answer.is(401).without_ids());
        }
        assert_eq!(answers[0], answers[1]);
    }
    for (form, error) in [
        (vec![], "invalid_request"),
        (vec![("grant_type", "password")], "unsupported_grant_type"),
        (vec![grant, grant], "invalid_request"),
    ] {
        let answer = token(&gateway, &form, Some((&id, SECRET))).await.is(400);
        assert_eq!(answer.at("/error"), error, "{answer}");
    }
}

async fn a_client_gets_no_more_than_its_ceiling(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let only_second = Terms {
        msns: Some(std::iter::once("100002".parse().unwrap()).collect()),
        ..terms("payments:create payments:read", None)
    };
    let id = client(&gateway, only_second).await;
    let grant = ("grant_type", "client_credentials");
    let more = token(
        &gateway,
        &[grant, ("scope", "payments:read payments:refund")],
        Some((&id, SECRET)),
    )
    .await
    .is(400);
    assert_eq!(more.at("/error"), "invalid_scope");
    let less = token(
        &gateway,
        &[grant, ("scope", "payments:read")],
        Some((&id, SECRET)),
    )
    .await;
    assert_eq!(less.at("/scope"), "payments:read", "{less}");
    let first = desk(&gateway, &less);
    let _ = first
        .get("/payments")
        .send()
        .await
        .problem(404, "sales_unit_not_found");
    let second = Desk {
        msn: "100002".to_owned(),
        ..first
    };
    let _ = second.get("/payments").send().await.is(200);
    let _ = second
        .create("not-granted", 5_000, "k")
        .send()
        .await
        .problem(403, "scope_missing");
}

async fn a_removed_client_s_tokens_end_with_it(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let id = client(&gateway, terms("payments:read", None)).await;
    let grant = ("grant_type", "client_credentials");
    let desk = desk(&gateway, &token(&gateway, &[grant], Some((&id, SECRET))).await);
    let _ = desk.get("/payments").send().await.is(200);
    clients::remove(&gateway.world.app, &testkit::operator(), id.parse().unwrap())
        .await
        .unwrap();
    let _ = desk.get("/payments").send().await.problem(401, "unauthenticated");
    let again = token(&gateway, &[grant], Some((&id, SECRET))).await.is(401);
    assert_eq!(again.at("/error"), "invalid_client");
}
