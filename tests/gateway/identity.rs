//! Tokens that must not be believed, each carried through the router to a payment that exists.

use serde_json::json;
use testkit::{Gateway, Issuer, Kind, Token, on_both_databases};
use time::Duration;

on_both_databases!(
    no_forged_token_reads_a_payment,
    a_token_is_good_in_its_time_and_a_minute_around_it,
    a_token_does_not_bring_its_own_key,
    of_two_authorization_headers_none_counts,
    a_token_of_two_audiences_is_nobodys,
    an_issuer_that_is_removed_is_not_believed_any_more,
    a_ceiling_cuts_every_token_down,
    at_jwt_is_demanded_where_the_operator_says_so,
);

const REFERENCE: &str = "north-order-1";

async fn with_payment(kind: Kind) -> Gateway {
    let gateway = Gateway::start(kind).await;
    let _ = gateway.north().authorized(REFERENCE, 10_000).await;
    gateway
}

/// Fails unless the token is refused, for this reason.
async fn refused(gateway: &Gateway, name: &str, token: &str, because: &str) {
    let before = gateway.world.simulator.test().requests().len();
    let path = format!("/v1/sales-units/100001/payments/{REFERENCE}");
    let answer = gateway.ask(http::Method::GET, &path).bearer(token).send().await;
    assert_eq!(answer.status, 401, "{name} was believed\n{answer}");
    let answer = answer.problem(401, "unauthenticated");
    let detail = answer.text("/detail");
    assert!(detail.contains(because), "{name}: {because}\n{answer}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains("invalid_token"), "{name}\n{answer}");
    // Not one part of the token comes back.
    let body = String::from_utf8_lossy(&answer.bytes).into_owned();
    for part in token.split('.').filter(|part| part.len() > 8) {
        assert!(
            !body.contains(part) && !challenge.contains(part),
            "{name}\n{answer}"
        );
    }
    assert_eq!(gateway.world.simulator.test().requests().len(), before, "{name}");
}

async fn no_forged_token_reads_a_payment(kind: Kind) {
    let gateway = with_payment(kind).await;
    let good = || gateway.north_token();
    let issuer = &gateway.north_issuer;
    let _ = gateway.north().payment(REFERENCE).send().await.is(200);
    let mallory = Issuer::new(&issuer.iss, &issuer.aud);
    let jwks = issuer.jwks();
    let key: serde_json::Value = serde_json::from_str(&jwks).unwrap();
    let x = data_encoding::BASE64URL_NOPAD
        .decode(key["keys"][0]["x"].as_str().unwrap().as_bytes())
        .unwrap();
    let now = gateway.world.app.clock().now().unix_timestamp();

    let algorithm = "algorithm is not the one of its key";
    for (name, token) in [
        ("alg none", good().head("alg", "none").with_signature(b"x")),
        ("alg None, signed", good().head("alg", "None").signed()),
        ("alg ES384", good().head("alg", "ES384").signed()),
        ("alg es256", good().head("alg", "es256").signed()),
        (
            "HS256 with the public key's JSON",
            good().head("alg", "HS256").keyed_with(jwks.as_bytes()),
        ),
        (
            "HS256 with the public key's bytes",
            good().head("alg", "HS256").keyed_with(&x),
        ),
        ("HS256 with nothing", good().head("alg", "HS256").keyed_with(b"")),
    ] {
        refused(&gateway, name, &token, algorithm).await;
    }
    let unsigned = good().head("alg", "none").with_signature(b"");
    refused(&gateway, "alg none, unsigned", &unsigned, "not a signed JWT").await;

    for (name, token) in [
        ("another's key", good().signed_by(&mallory)),
        ("a signature of zeros", good().with_signature(&[0; 64])),
        ("a signature too short", good().with_signature(&[1; 63])),
        (
            "HS256's signature under ES256",
            good().keyed_with(jwks.as_bytes()),
        ),
        ("claims exchanged", exchanged(&gateway)),
    ] {
        refused(&gateway, name, &token, "signature is not good").await;
    }

    let nobody = "no issuer is registered";
    for (name, token) in [
        ("a wrong aud", good().claim("aud", "somebody-else").signed()),
        ("an empty list of aud", good().claim("aud", json!([])).signed()),
        ("production's aud under test's key", {
            let token = good().claim("aud", "nordbro-production").signed();
            refused(
                &gateway,
                "production's aud under test's key",
                &token,
                "signature is not good",
            )
            .await;
            good().claim("aud", "NORDBRO").signed()
        }),
        (
            "a wrong iss",
            good().claim("iss", "https://mallory.example").signed(),
        ),
        (
            "the gateway's own iss",
            good()
                .claim("iss", "https://gateway.example")
                .claim("aud", "nordbro")
                .signed(),
        ),
    ] {
        refused(&gateway, name, &token, nobody).await;
    }
    // South's iss with north's key.
    let souths = good().claim("iss", gateway.south_issuer.iss.clone());
    refused(&gateway, "south's iss", &souths.signed(), "key is not known").await;

    let claims = "claim is missing or of the wrong type";
    for absent in ["aud", "iss", "sub", "exp", "iat"] {
        let token = good().without(absent).signed();
        refused(&gateway, absent, &token, claims).await;
        let token = good().claim(absent, json!(null)).signed();
        refused(&gateway, absent, &token, claims).await;
    }
    for (name, value) in [
        ("exp", json!("tomorrow")),
        ("iat", json!([1])),
        ("nbf", json!("soon")),
        ("nbf", json!(null)),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("iss", json!("")),
        ("aud", json!(7)),
        ("scope", json!(["payments:read"])),
    ] {
        let token = good().claim(name, value.clone()).signed();
        refused(&gateway, &format!("{name} = {value}"), &token, claims).await;
    }

    let key_unknown = "key is not known";
    refused(
        &gateway,
        "unknown kid",
        &good().head("kid", "other").signed(),
        key_unknown,
    )
    .await;
    refused(
        &gateway,
        "empty kid",
        &good().head("kid", "").signed(),
        key_unknown,
    )
    .await;
    for crit in [json!(["exp"]), json!([]), json!(null), json!(["b64"])] {
        let token = good().head("crit", crit).signed();
        refused(&gateway, "crit", &token, "demands extensions").await;
    }
    let long_lived = good().claim("exp", now + 3_601).signed();
    refused(&gateway, "lives too long", &long_lived, "lives longer").await;
    let backwards = good().claim("exp", now).claim("iat", now + 30).signed();
    refused(&gateway, "ends before it begins", &backwards, "").await;
    for broken in ["", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30.e30.x", "ж.ж.ж"] {
        if broken.is_ascii() && !broken.is_empty() {
            refused(&gateway, broken, broken, "not a signed JWT").await;
        }
    }
    let endless = "a".repeat(9_000);
    refused(&gateway, "endless", &endless, "not a signed JWT").await;
}

/// One token's claims under another token's signature.
fn exchanged(gateway: &Gateway) -> String {
    let small = gateway.north_token().scope("payments:read").signed();
    let large = gateway.north_token().signed();
    let (small, large): (Vec<_>, Vec<_>) = (small.split('.').collect(), large.split('.').collect());
    format!("{}.{}.{}", small[0], large[1], small[2])
}

async fn a_token_is_good_in_its_time_and_a_minute_around_it(kind: Kind) {
    let gateway = with_payment(kind).await;
    let now = gateway.world.app.clock().now().unix_timestamp();
    let with = |exp: i64, iat: i64, nbf: i64| {
        gateway
            .north_token()
            .claim("exp", now + exp)
            .claim("iat", now + iat)
            .claim("nbf", now + nbf)
            .signed()
    };
    refused(&gateway, "expired", &with(-60, -600, -600), "expired").await;
    refused(&gateway, "not yet valid", &with(600, 0, 61), "not valid yet").await;
    refused(
        &gateway,
        "issued in the future",
        &with(600, 61, 0),
        "not valid yet",
    )
    .await;
    for good in [with(-59, -600, -600), with(600, 60, 60)] {
        let path = format!("/v1/sales-units/100001/payments/{REFERENCE}");
        let ask = gateway.ask(http::Method::GET, &path).bearer(&good);
        let _ = ask.send().await.is(200);
    }
    // And one that was believed is not believed for ever.
    let token = gateway.north_token().claim("exp", now + 300).signed();
    let desk = gateway.desk(&gateway.north_token().claim("exp", now + 300), "100001");
    let _ = desk.payment(REFERENCE).send().await.is(200);
    gateway.world.advance(Duration::seconds(359)).await;
    let _ = desk.payment(REFERENCE).send().await.is(200);
    gateway.world.advance(Duration::SECOND).await;
    refused(&gateway, "believed before", &desk.token, "expired").await;
    refused(&gateway, "believed before", &token, "expired").await;
}

async fn a_token_does_not_bring_its_own_key(kind: Kind) {
    let gateway = with_payment(kind).await;
    let mallory = Issuer::new(&gateway.north_issuer.iss, &gateway.north_issuer.aud);
    let jwks: serde_json::Value = serde_json::from_str(&mallory.jwks()).unwrap();
    let token = gateway
        .north_token()
        .head("jwk", jwks["keys"][0].clone())
        .head("jku", "https://mallory.example/jwks.json")
        .head("x5u", "https://mallory.example/cert.pem");
    refused(
        &gateway,
        "jwk",
        &token.signed_by(&mallory),
        "signature is not good",
    )
    .await;
    // Beside a good signature they say nothing.
    let desk = gateway.desk(&token, "100001");
    let _ = desk.payment(REFERENCE).send().await.is(200);
}

async fn of_two_authorization_headers_none_counts(kind: Kind) {
    let gateway = with_payment(kind).await;
    let path = format!("/v1/sales-units/100001/payments/{REFERENCE}");
    let (north, south) = (gateway.north_token().signed(), gateway.south_token().signed());
    for two in [[&north, &south], [&south, &north], [&north, &north]] {
        let ask = gateway.ask(http::Method::GET, &path);
        let ask = ask.bearer(two[0]).bearer(two[1]);
        let _ = ask.send().await.problem(401, "unauthenticated");
    }
    for scheme in ["Basic", "DPoP", "Token", ""] {
        let ask = gateway.ask(http::Method::GET, &path);
        let ask = ask.header("authorization", format!("{scheme} {north}"));
        let _ = ask.send().await.problem(401, "unauthenticated");
    }
}

async fn a_token_of_two_audiences_is_nobodys(kind: Kind) {
    let gateway = with_payment(kind).await;
    let both = json!(["nordbro", "nordbro-production"]);
    let token = gateway.north_token().claim("aud", both).signed();
    refused(&gateway, "two environments at once", &token, "no issuer").await;
    let one_of_ours = json!(["nordbro", "another-service"]);
    let token = gateway.north_token().claim("aud", one_of_ours);
    let _ = gateway
        .desk(&token, "100001")
        .payment(REFERENCE)
        .send()
        .await
        .is(200);
}

async fn an_issuer_that_is_removed_is_not_believed_any_more(kind: Kind) {
    let gateway = with_payment(kind).await;
    let desk = gateway.north();
    let _ = desk.payment(REFERENCE).send().await.is(200);
    let app = &gateway.world.app;
    let norths = app::registry::issuers::list(app, Some(gateway.world.north.id))
        .await
        .unwrap();
    let issuer = norths.iter().find(|it| it.aud == "nordbro").unwrap();
    app::registry::issuers::remove(app, &testkit::operator(), issuer.id)
        .await
        .unwrap();
    refused(&gateway, "removed", &desk.token, "no issuer").await;
    let _ = gateway.south().get("").send().await.is(200);
}

async fn a_ceiling_cuts_every_token_down(kind: Kind) {
    let gateway = with_payment(kind).await;
    let app = &gateway.world.app;
    let norths = app::registry::issuers::list(app, Some(gateway.world.north.id))
        .await
        .unwrap();
    let issuer = norths.iter().find(|it| it.aud == "nordbro").unwrap();
    let terms = app::registry::issuers::Terms {
        jwks: issuer.jwks.clone(),
        algorithms: issuer.algorithms.clone(),
        scopes: app::Scopes::from_claim("payments:read merchants:read"),
        msns: Some(std::iter::once("100002".parse().unwrap()).collect()),
        max_lifetime: issuer.max_lifetime,
        demands_at_jwt: false,
    };
    app::registry::issuers::set(app, &testkit::operator(), issuer.id, terms)
        .await
        .unwrap();
    let _ = gateway
        .north()
        .payment(REFERENCE)
        .send()
        .await
        .problem(404, "sales_unit_not_found");
    let second = gateway.desk(&gateway.north_token(), "100002");
    let _ = second.get("/payments").send().await.is(200);
    let _ = second
        .create("north-order-2", 1_000, "ceiling")
        .send()
        .await
        .problem(403, "scope_missing");
    let units = second
        .ask(http::Method::GET, "/v1/sales-units")
        .send()
        .await
        .is(200);
    assert_eq!(units.at("/data").as_array().unwrap().len(), 1, "{units}");
}

async fn at_jwt_is_demanded_where_the_operator_says_so(kind: Kind) {
    let gateway = with_payment(kind).await;
    let strict = Issuer::new("https://strict.example", "nordbro");
    let app = &gateway.world.app;
    let add = app::registry::issuers::Add {
        partner: gateway.world.north.id,
        environment: domain::Environment::Test,
        iss: strict.iss.clone(),
        aud: strict.aud.clone(),
        terms: app::registry::issuers::Terms {
            jwks: app::registry::Jwks::Inline(strict.jwks()),
            algorithms: vec!["ES256".to_owned()],
            scopes: app::Scopes::all(),
            msns: None,
            max_lifetime: Duration::hours(1),
            demands_at_jwt: true,
        },
    };
    app::registry::issuers::add(app, &testkit::operator(), add)
        .await
        .unwrap();
    let token = || -> Token<'_> { strict.token(gateway.world.app.clock().now()) };
    let _ = gateway
        .desk(&token(), "100001")
        .payment(REFERENCE)
        .send()
        .await
        .is(200);
    for other in [token().head("typ", "JWT"), token().headless("typ")] {
        refused(&gateway, "typ", &other.signed(), "not at+jwt").await;
    }
}
