//! The sweep with tokens that are not good: each at every operation of the document.

use domain::Clock as _;
use testkit::contract::operations;
use testkit::{Gateway, Issuer, Kind, Token, on_both_databases};

use crate::samples::{Names, payment_of, request};

on_both_databases!(a_token_that_is_not_good_opens_no_operation_and_tells_nothing);

/// Ways in which a token of `issuer` that is good otherwise is none.
pub(crate) fn bad_tokens<'i>(
    now: time::OffsetDateTime,
    issuer: &Issuer,
    good: impl Fn() -> Token<'i>,
) -> Vec<(&'static str, String)> {
    let seconds = now.unix_timestamp();
    // Same name, other key.
    let impostor = Issuer::new(&issuer.iss, &issuer.aud);
    let stranger = Issuer::new("https://id.nobody.example", "nordbro");
    vec![
        ("a wrong audience", good().claim("aud", "somebody-else").signed()),
        (
            "expired",
            good()
                .claim("iat", seconds - 900)
                .claim("exp", seconds - 300)
                .signed(),
        ),
        ("not valid yet", good().claim("nbf", seconds + 300).signed()),
        ("without an end", good().without("exp").signed()),
        (
            "alg none, unsigned",
            good().head("alg", "none").with_signature(b""),
        ),
        ("alg none, signed", good().head("alg", "none").signed()),
        ("unsigned", good().with_signature(b"")),
        (
            "the public key as a secret",
            good().head("alg", "HS256").keyed_with(issuer.jwks().as_bytes()),
        ),
        ("another's signature", good().signed_by(&impostor)),
        ("an unknown issuer", stranger.token(now).signed()),
        (
            "an extension nobody knows",
            good().head("crit", vec!["x"]).signed(),
        ),
    ]
}

async fn a_token_that_is_not_good_opens_no_operation_and_tells_nothing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let norths = payment_of(&gateway, &gateway.north(), "north-order-1").await;
    let nowhere = Names {
        msn: "999999".to_owned(),
        ..norths.clone()
    };
    let before = gateway.world.simulator.test().requests().len();
    for operation in operations() {
        // Failures of one address are limited, and the limit is no part of this.
        let now = gateway.world.clock.now();
        let north = &gateway.north_issuer;
        for (fault, token) in bad_tokens(now, north, || gateway.north_token()) {
            gateway.world.advance(time::Duration::seconds(10)).await;
            let mut answers = Vec::new();
            for names in [&norths, &nowhere] {
                let answer = request(&gateway, operation, names, "bad-token")
                    .bearer(&token)
                    .send()
                    .await
                    .problem(401, "unauthenticated");
                let body = String::from_utf8_lossy(&answer.bytes).into_owned();
                assert!(!body.contains(&norths.reference), "{fault}: {answer}");
                answers.push(answer.without_ids());
            }
            assert_eq!(answers[0], answers[1], "{}: {fault}", operation.id);
        }
    }
    assert_eq!(gateway.world.simulator.test().requests().len(), before);
}
