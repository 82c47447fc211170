//! An issuer to be, and changes of one.

use app::registry::Jwks;
use app::registry::issuers::{Add, Changes, Terms};
use time::Duration;

use super::{environment, jwks, maybe, msns, parsed, partner, scopes, seconds};
use crate::asked::only;
use crate::body::At;
use crate::forwarded::Facts;

const TERMS: [&str; 7] = [
    "jwksUrl",
    "jwks",
    "algorithms",
    "scopes",
    "msns",
    "maxLifetime",
    "atJwt",
];

#[derive(Debug)]
pub(crate) struct NewIssuer(pub(crate) Add);

impl Facts for NewIssuer {
    fn read(body: &At<'_>) -> Option<Self> {
        let names = [&["partnerId", "environment", "iss", "aud"][..], &TERMS].concat();
        only(body, &names);
        let partner = partner(body);
        let environment = environment(body);
        let iss = body.field("iss").required().and_then(|at| at.text_of(1, 255));
        let aud = body.field("aud").required().and_then(|at| at.text_of(1, 255));
        let keys = keys(body);
        if keys == Some(None) {
            body.field("jwksUrl")
                .fault("required", "or jwks is needed: where the issuer's keys are");
        }
        let granted = body.field("scopes").required().and_then(|at| scopes(&at));
        let algorithms = maybe(body.field("algorithms"), |at| words(&at));
        let msns = maybe(body.field("msns"), |at| msns(&at));
        let max_lifetime = maybe(body.field("maxLifetime"), |at| seconds(&at));
        let at_jwt = maybe(body.field("atJwt"), |at| at.flag());
        Some(Self(Add {
            partner: partner?,
            environment: environment?,
            iss: iss?.to_owned(),
            aud: aud?.to_owned(),
            terms: Terms {
                jwks: keys??,
                algorithms: algorithms?.unwrap_or_else(|| vec!["ES256".to_owned(), "RS256".to_owned()]),
                scopes: granted?,
                msns: msns?,
                max_lifetime: max_lifetime?.unwrap_or(Duration::HOUR),
                demands_at_jwt: at_jwt?.unwrap_or(false),
            },
        }))
    }
}

#[derive(Debug)]
pub(crate) struct IssuerChanges(pub(crate) Changes);

impl Facts for IssuerChanges {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &TERMS);
        let keys = keys(body);
        let algorithms = maybe(body.field("algorithms"), |at| words(&at));
        let granted = maybe(body.field("scopes"), |at| scopes(&at));
        let reach = maybe(body.field("msns"), |at| msns(&at));
        let max_lifetime = maybe(body.field("maxLifetime"), |at| seconds(&at));
        let at_jwt = maybe(body.field("atJwt"), |at| at.flag());
        if body.members().is_empty() {
            body.fault("required", "must name at least one change");
            return None;
        }
        Some(Self(Changes {
            jwks: keys?,
            algorithms: algorithms?,
            scopes: granted?,
            msns: body.field("msns").is_said().then_some(reach?),
            max_lifetime: max_lifetime?,
            demands_at_jwt: at_jwt?,
        }))
    }
}

/// The keys by their address or themselves, never both. The inner `None`: neither stands there.
#[expect(clippy::option_option, reason = "absent and wrong are two different things")]
fn keys(body: &At<'_>) -> Option<Option<Jwks>> {
    let (url, set) = (body.field("jwksUrl"), body.field("jwks"));
    if url.is_present() && set.is_present() {
        set.fault("conflict", "cannot stand beside jwksUrl");
        return None;
    }
    let url = maybe(url, |at| at.text_of(1, 2_000))?;
    let set = maybe(set, |at| jwks(&at))?;
    Some(url.map(|url| Jwks::Url(url.to_owned())).or(set.map(Jwks::Inline)))
}

fn words(at: &At<'_>) -> Option<Vec<String>> {
    let list = at.list()?;
    let words: Vec<Option<String>> = list.iter().map(|word| parsed(word, "must be a word")).collect();
    words.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forwarded::check;

    const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"a"}]}"#;

    #[test]
    fn every_mistake_is_named_at_once() {
        let body = format!(
            r#"{{"partnerId":"x","environment":"prod","iss":"","jwks":{KEYS},"jwksUrl":"https://a","scopes":["root"],"msns":[1],"maxLifetime":0}}"#
        );
        let (_, faults) = check::of::<NewIssuer>(&body);
        assert_eq!(
            faults,
            [
                "partnerId: format",
                "environment: enum",
                "iss: length",
                "aud: required",
                "jwks: conflict",
                "scopes[0]: format",
                "msns[0]: type",
                "maxLifetime: range",
            ]
        );
        let body = r#"{"partnerId":"prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7","environment":"test","iss":"i","aud":"a","scopes":[]}"#;
        assert_eq!(check::of::<NewIssuer>(body).1, ["jwksUrl: required"]);
    }

    #[test]
    fn what_is_not_said_stays_and_null_is_all_units() {
        let changes = |body: &str| check::of::<IssuerChanges>(body).0.unwrap().0;
        assert_eq!(changes(r#"{"atJwt":true}"#).msns, None);
        assert_eq!(changes(r#"{"msns":null}"#).msns, Some(None));
        assert_eq!(changes(r#"{"msns":[]}"#).msns, Some(Some([].into())));
        let kept = changes(&format!(r#"{{"jwks":{KEYS}}}"#)).jwks.unwrap();
        let Jwks::Inline(text) = kept else {
            panic!("{kept:?}")
        };
        let same: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(same, serde_json::from_str::<serde_json::Value>(KEYS).unwrap());
        assert_eq!(check::of::<IssuerChanges>("{}").1, ["body: required"]);
    }
}
