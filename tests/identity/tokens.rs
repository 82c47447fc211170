//! Which tokens are believed.

use api::identity::{Reason, Refusal};
use app::registry::{PartnerState, issuers, partners};
use app::{Error, Scope};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use time::Duration;

use crate::signer::{Signer, hmac, jwks, unsigned};
use crate::world::{AUD, ISS, OWN, World, msns, terms};

fn reason<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> Reason {
    match answer {
        Err(Refusal::Invalid(reason)) => reason,
        other @ (Ok(_) | Err(Refusal::NoToken | Refusal::Unjudged(_))) => {
            panic!("not refused by reason: {other:?}")
        }
    }
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

async fn one_issuer(algorithm: Algorithm) -> (World, Signer) {
    let world = World::new().await;
    let signer = Signer::new("k1", algorithm);
    let partner = world.partner("north").await;
    world.issuer(&partner, terms(&[&signer])).await;
    (world, signer)
}

#[tokio::test]
async fn a_good_token_of_each_algorithm_is_believed_and_cut_down_to_the_ceiling() {
    for algorithm in [
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::EdDSA,
    ] {
        let (world, signer) = one_issuer(algorithm).await;
        let claims = with(
            world.claims(),
            "scope",
            json!("payments:read payments:refund openid"),
        );
        let identity = world.ask(&signer.token(&claims)).await.unwrap();
        assert_eq!(
            identity.scopes.iter().collect::<Vec<_>>(),
            [Scope::PaymentsRead],
            "{algorithm:?}"
        );
        assert_eq!(identity.units, None);
        assert_eq!(identity.subject, "till-7");
    }
}

#[tokio::test]
async fn a_token_without_signature_or_signed_with_the_public_key_is_refused() {
    let (world, signer) = one_issuer(Algorithm::RS256).await;
    let claims = world.claims();
    for alg in ["none", "None", "NONE", "nOnE"] {
        let header = json!({ "alg": alg, "kid": "k1" });
        let bare = unsigned(&header, &claims);
        assert_eq!(reason(world.ask(&format!("{bare}.")).await), Reason::NotAToken);
        assert_eq!(
            reason(world.ask(&format!("{bare}.AAAA")).await),
            Reason::Algorithm
        );
        assert_eq!(
            reason(world.ask(&signer.sign(&header, &claims)).await),
            Reason::Algorithm
        );
    }
    let header = json!({ "alg": "HS256", "kid": "k1" });
    let modulus = signer.jwk()["n"].as_str().unwrap().to_owned();
    let secrets = [
        modulus.clone().into_bytes(),
        BASE64URL_NOPAD.decode(modulus.as_bytes()).unwrap(),
        signer.jwk().to_string().into_bytes(),
        jwks(&[&signer]).into_bytes(),
    ];
    for secret in secrets {
        assert_eq!(
            reason(world.ask(&hmac(&header, &claims, &secret)).await),
            Reason::Algorithm
        );
        let lying = json!({ "alg": "RS256", "kid": "k1" });
        assert_eq!(
            reason(world.ask(&hmac(&lying, &claims, &secret)).await),
            Reason::Signature
        );
    }
}

#[tokio::test]
async fn the_key_says_the_algorithm_and_not_the_token() {
    let (world, signer) = one_issuer(Algorithm::PS256).await;
    let claims = world.claims();
    let header = json!({ "alg": "RS256", "kid": "k1" });
    assert_eq!(
        reason(world.ask(&signer.sign(&header, &claims)).await),
        Reason::Algorithm
    );
}

#[tokio::test]
async fn an_algorithm_the_issuer_may_not_use_is_refused() {
    let world = World::new().await;
    let signer = Signer::new("k1", Algorithm::ES256);
    let partner = world.partner("north").await;
    let only_rsa = issuers::Terms {
        algorithms: vec!["RS256".to_owned()],
        ..terms(&[&signer])
    };
    world.issuer(&partner, only_rsa).await;
    assert_eq!(
        reason(world.ask(&signer.token(&world.claims())).await),
        Reason::Key
    );
}

#[tokio::test]
async fn every_required_claim_must_be_there_and_of_its_type() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    for claim in ["iss", "aud", "sub", "exp", "iat"] {
        let claims = without(world.claims(), claim);
        assert_eq!(
            reason(world.ask(&signer.token(&claims)).await),
            Reason::Claims,
            "without {claim}"
        );
        for wrong in [json!(null), json!({}), json!(true), json!("")] {
            let claims = with(world.claims(), claim, wrong.clone());
            let found = reason(world.ask(&signer.token(&claims)).await);
            let expected = if claim == "aud" && wrong == json!("") {
                Reason::Issuer
            } else {
                Reason::Claims
            };
            assert_eq!(found, expected, "{claim} = {wrong}");
        }
    }
    for (claim, wrong) in [
        ("nbf", json!(null)),
        ("nbf", json!("soon")),
        ("exp", json!("2099-01-01")),
        ("exp", json!(1e300)),
        ("iat", json!(-1e300)),
        ("scope", json!(["payments:read"])),
        ("scope", json!(null)),
        ("msns", json!(null)),
        ("msns", json!("123456")),
        ("msns", json!([123_456])),
        ("msns", json!(["not a number"])),
        ("msns", json!({})),
    ] {
        let claims = with(world.claims(), claim, wrong.clone());
        assert_eq!(
            reason(world.ask(&signer.token(&claims)).await),
            Reason::Claims,
            "{claim} = {wrong}"
        );
    }
}

#[tokio::test]
async fn a_claim_that_comes_twice_is_refused() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let claims = world.claims().to_string().replacen('{', "{\"sub\":\"other\",", 1);
    let header = BASE64URL_NOPAD.encode(signer.header().to_string().as_bytes());
    let token = format!("{header}.{}.AAAA", BASE64URL_NOPAD.encode(claims.as_bytes()));
    assert_eq!(reason(world.ask(&token).await), Reason::Claims);
}

#[tokio::test]
async fn a_token_is_good_from_nbf_and_iat_to_exp_with_a_minute_of_skew() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let now = domain::Clock::now(&*world.clock).unix_timestamp();
    let at = |iat: i64, nbf: i64, exp: i64| json!({ "iss": ISS, "aud": AUD, "sub": "s", "iat": now + iat, "nbf": now + nbf, "exp": now + exp });
    for (claims, expected) in [
        (at(-300, -300, -60), Some(Reason::Expired)),
        (at(-300, -300, -59), None),
        (at(0, 61, 300), Some(Reason::NotYet)),
        (at(0, 60, 300), None),
        (at(61, 0, 300), Some(Reason::NotYet)),
        (at(60, 0, 300), None),
        (at(0, 0, 3600), None),
        (at(0, 0, 3601), Some(Reason::Lifetime)),
        (at(10, 0, 10), Some(Reason::Lifetime)),
        (at(20, 0, 10), Some(Reason::Lifetime)),
    ] {
        let answer = world.ask(&signer.token(&claims)).await;
        match expected {
            Some(expected) => assert_eq!(reason(answer), expected, "{claims}"),
            None => assert!(answer.is_ok(), "{claims}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_expires() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let token = signer.token(&world.claims());
    world.ask(&token).await.unwrap();
    world.clock.advance(Duration::seconds(359));
    world.ask(&token).await.unwrap();
    world.clock.advance(Duration::seconds(1));
    assert_eq!(reason(world.ask(&token).await), Reason::Expired);
}

#[tokio::test]
async fn another_issuer_or_audience_is_nobodys() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    for claims in [
        with(world.claims(), "iss", json!("https://login.acme.example/")),
        with(world.claims(), "iss", json!("https://evil.example")),
        with(world.claims(), "iss", json!("https://evil.example\u{0}")),
        with(world.claims(), "iss", json!("x".repeat(300))),
        with(world.claims(), "aud", json!("nordbro-production")),
        with(world.claims(), "aud", json!([])),
        with(world.claims(), "aud", json!(["a", "b"])),
        with(world.claims(), "aud", json!("Nordbro-Test")),
    ] {
        assert_eq!(
            reason(world.ask(&signer.token(&claims)).await),
            Reason::Issuer,
            "{claims}"
        );
    }
    let several = with(world.claims(), "aud", json!(["somebody-else", AUD]));
    world.ask(&signer.token(&several)).await.unwrap();
}

#[tokio::test]
async fn a_token_for_two_of_our_audiences_is_nobodys() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let south = world.partner("south").await;
    let add = issuers::Add {
        partner: south.id,
        environment: domain::Environment::Test,
        iss: ISS.to_owned(),
        aud: "nordbro-south".to_owned(),
        terms: terms(&[&signer]),
    };
    issuers::add(&world.app, &testkit::operator(), add).await.unwrap();
    let both = with(world.claims(), "aud", json!([AUD, "nordbro-south"]));
    assert_eq!(reason(world.ask(&signer.token(&both)).await), Reason::Issuer);
}

#[tokio::test]
async fn any_crit_is_refused() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    for crit in [
        json!(["exp"]),
        json!([]),
        json!(null),
        json!("b64"),
        json!(["b64"]),
    ] {
        let header = with(signer.header(), "crit", crit.clone());
        assert_eq!(
            reason(world.ask(&signer.sign(&header, &world.claims())).await),
            Reason::Critical,
            "{crit}"
        );
    }
}

#[tokio::test]
async fn a_token_does_not_bring_its_own_key() {
    let (world, _) = one_issuer(Algorithm::ES256).await;
    let attacker = Signer::new("k1", Algorithm::ES256);
    let header = json!({
        "alg": "ES256", "kid": "k1", "jwk": attacker.jwk(),
        "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/cert.pem",
    });
    assert_eq!(
        reason(world.ask(&attacker.sign(&header, &world.claims())).await),
        Reason::Signature
    );
    let attacker = Signer::new("k2", Algorithm::ES256);
    let header = with(attacker.header(), "jwk", attacker.jwk());
    assert_eq!(
        reason(world.ask(&attacker.sign(&header, &world.claims())).await),
        Reason::Key
    );
}

#[tokio::test]
async fn the_kid_names_exactly_one_key() {
    let world = World::new().await;
    let (one, other) = (
        Signer::new("k1", Algorithm::ES256),
        Signer::new("k2", Algorithm::ES256),
    );
    let partner = world.partner("north").await;
    let issuer = world.issuer(&partner, terms(&[&one, &other])).await;
    let claims = world.claims();
    world.ask(&other.token(&claims)).await.unwrap();
    let confused = json!({ "alg": "ES256", "kid": "k1" });
    assert_eq!(
        reason(world.ask(&other.sign(&confused, &claims)).await),
        Reason::Signature
    );
    let unknown = json!({ "alg": "ES256", "kid": "k3" });
    assert_eq!(reason(world.ask(&one.sign(&unknown, &claims)).await), Reason::Key);
    let nameless = json!({ "alg": "ES256" });
    assert_eq!(
        reason(world.ask(&one.sign(&nameless, &claims)).await),
        Reason::Key
    );
    issuers::set(&world.app, &testkit::operator(), issuer.id, terms(&[&one]))
        .await
        .unwrap();
    world.ask(&one.sign(&nameless, &claims)).await.unwrap();
    let twins = [&one, &Signer::new("k1", Algorithm::ES256)];
    issuers::set(&world.app, &testkit::operator(), issuer.id, terms(&twins))
        .await
        .unwrap();
    assert_eq!(reason(world.ask(&one.token(&claims)).await), Reason::Key);
}

#[tokio::test]
async fn the_type_is_checked_where_it_is_demanded() {
    let world = World::new().await;
    let signer = Signer::new("k1", Algorithm::ES256);
    let partner = world.partner("north").await;
    let strict = issuers::Terms {
        demands_at_jwt: true,
        ..terms(&[&signer])
    };
    world.issuer(&partner, strict).await;
    for (typ, expected) in [
        (json!("at+jwt"), None),
        (json!("application/at+jwt"), None),
        (json!("AT+JWT"), None),
        (json!("JWT"), Some(Reason::Type)),
        (json!(null), Some(Reason::Type)),
    ] {
        let header = with(signer.header(), "typ", typ.clone());
        let answer = world.ask(&signer.sign(&header, &world.claims())).await;
        match expected {
            Some(expected) => assert_eq!(reason(answer), expected, "{typ}"),
            None => assert!(answer.is_ok(), "{typ}"),
        }
    }
}

#[tokio::test]
async fn garbage_is_refused_and_never_panics() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let good = signer.token(&world.claims());
    for token in [
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.e30",
        &"x".repeat(9000),
        &good[..good.len() / 2],
    ] {
        let answer = world.ask(token).await;
        assert!(matches!(answer, Err(Refusal::Invalid(_))), "{token:.40}");
    }
    assert_eq!(reason(world.ask(&format!("{good}A")).await), Reason::Signature);
    assert_eq!(
        reason(world.ask(&format!("{good}.{good}")).await),
        Reason::NotAToken
    );
}

#[tokio::test]
async fn a_token_without_scope_may_nothing_and_one_with_an_empty_list_reaches_no_unit() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let claims = with(without(world.claims(), "scope"), "msns", json!([]));
    let identity = world.ask(&signer.token(&claims)).await.unwrap();
    assert_eq!(identity.scopes.iter().count(), 0);
    assert_eq!(identity.units, Some(msns(&[])));
    let caller = identity.caller(domain::TraceContext::default(), "req_1".to_owned());
    assert!(matches!(
        caller.demand(Scope::PaymentsRead),
        Err(Error::Forbidden(Scope::PaymentsRead))
    ));
    assert!(!caller.reaches(&"123456".parse().unwrap()));
}

#[tokio::test]
async fn units_are_what_token_and_ceiling_both_name() {
    let world = World::new().await;
    let signer = Signer::new("k1", Algorithm::ES256);
    let partner = world.partner("north").await;
    let ceiling = issuers::Terms {
        msns: Some(msns(&["111111", "222222"])),
        ..terms(&[&signer])
    };
    world.issuer(&partner, ceiling).await;
    let all = world.ask(&signer.token(&world.claims())).await.unwrap();
    assert_eq!(all.units, Some(msns(&["111111", "222222"])));
    let narrowed = with(world.claims(), "msns", json!(["222222", "333333"]));
    let narrowed = world.ask(&signer.token(&narrowed)).await.unwrap();
    assert_eq!(narrowed.units, Some(msns(&["222222"])));
}

#[tokio::test]
async fn revocation_acts_at_once_here_and_within_two_seconds_elsewhere() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let elsewhere = world.another_process().await;
    let token = signer.token(&world.claims());
    let identity = world.ask(&token).await.unwrap();
    api::identity::authenticate(&elsewhere, &token).await.unwrap();
    let suspended = partners::Changes {
        state: Some(PartnerState::Suspended),
        ..Default::default()
    };
    partners::set(&world.app, &testkit::operator(), identity.partner, suspended)
        .await
        .unwrap();
    assert_eq!(reason(world.ask(&token).await), Reason::Issuer);
    world.clock.advance(Duration::milliseconds(2_001));
    assert_eq!(
        reason(api::identity::authenticate(&elsewhere, &token).await),
        Reason::Issuer
    );
}

#[tokio::test]
async fn a_process_that_cannot_read_the_registry_for_ten_seconds_judges_nothing() {
    let (world, signer) = one_issuer(Algorithm::ES256).await;
    let token = signer.token(&world.claims());
    world.ask(&token).await.unwrap();
    world.app.store().close().await.unwrap();
    world.clock.advance(Duration::seconds(9));
    world.ask(&token).await.unwrap();
    world.clock.advance(Duration::seconds(2));
    let answer = world.ask(&token).await;
    assert!(
        matches!(answer, Err(Refusal::Unjudged(Error::Unavailable))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn our_own_name_is_reserved() {
    let world = World::new().await;
    let signer = Signer::new("k1", Algorithm::ES256);
    let partner = world.partner("north").await;
    let add = issuers::Add {
        partner: partner.id,
        environment: domain::Environment::Test,
        iss: OWN.to_owned(),
        aud: OWN.to_owned(),
        terms: terms(&[&signer]),
    };
    assert!(matches!(
        issuers::add(&world.app, &testkit::operator(), add).await,
        Err(Error::Invalid(_))
    ));
    let claims = with(with(world.claims(), "iss", json!(OWN)), "aud", json!(OWN));
    assert_eq!(reason(world.ask(&signer.token(&claims)).await), Reason::Key);
}
