//! A client to be, changes of one, and its secrets, which go in and never come out.

use app::registry::clients::{Add, Changes, Kept, Others, Terms};
use domain::{ProfileId, Secret};
use time::Duration;

use super::{environment, jwks, maybe, msns, parsed, partner, scopes, seconds};
use crate::asked::{one_of, only};
use crate::body::At;
use crate::forwarded::Facts;

const TERMS: [&str; 5] = ["jwks", "scopes", "msns", "tokenLifetime", "profileId"];

#[derive(Debug)]
pub(crate) struct NewClient(pub(crate) Add);

impl Facts for NewClient {
    fn read(body: &At<'_>) -> Option<Self> {
        let names = [&["partnerId", "environment", "name", "clientSecret"][..], &TERMS].concat();
        only(body, &names);
        let partner = partner(body);
        let environment = environment(body);
        let name = body.field("name").required().and_then(|at| at.text_of(1, 100));
        let secret = maybe(body.field("clientSecret"), |at| at.text_of(1, 255));
        let keys = maybe(body.field("jwks"), |at| jwks(&at));
        if (secret, keys.as_ref()) == (Some(None), Some(&None)) {
            body.field("clientSecret").fault(
                "required",
                "of your own, or jwks, is needed: no answer holds a secret, so none is drawn here. `nordbro client add` draws \
                 one and prints it once",
            );
        }
        let granted = body.field("scopes").required().and_then(|at| scopes(&at));
        let msns = maybe(body.field("msns"), |at| msns(&at));
        let lifetime = maybe(body.field("tokenLifetime"), |at| seconds(&at));
        let profile = maybe(body.field("profileId"), |at| profile(&at));
        Some(Self(Add {
            partner: partner?,
            environment: environment?,
            name: name?.to_owned(),
            terms: Terms {
                jwks: keys?,
                scopes: granted?,
                msns: msns?,
                token_lifetime: lifetime?.unwrap_or(Duration::HOUR),
                profile: profile?,
            },
            secret: secret?.map(Secret::new),
        }))
    }
}

#[derive(Debug)]
pub(crate) struct ClientChanges(pub(crate) Changes);

impl Facts for ClientChanges {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &TERMS);
        let keys = maybe(body.field("jwks"), |at| jwks(&at));
        let granted = maybe(body.field("scopes"), |at| scopes(&at));
        let reach = maybe(body.field("msns"), |at| msns(&at));
        let lifetime = maybe(body.field("tokenLifetime"), |at| seconds(&at));
        let product = maybe(body.field("profileId"), |at| profile(&at));
        if body.members().is_empty() {
            body.fault("required", "must name at least one change");
            return None;
        }
        let is_said = |name: &str| body.field(name).is_said();
        Some(Self(Changes {
            jwks: is_said("jwks").then_some(keys?),
            scopes: granted?,
            msns: is_said("msns").then_some(reach?),
            token_lifetime: lifetime?,
            profile: is_said("profileId").then_some(product?),
        }))
    }
}

/// A further secret, and what becomes of the ones before.
#[derive(Debug)]
pub(crate) struct NewSecret {
    pub(crate) secret: Secret,
    pub(crate) others: Others,
}

impl Facts for NewSecret {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["clientSecret", "retireOthers"]);
        let secret = body.field("clientSecret").required();
        let secret = secret.and_then(|at| at.text_of(1, 255));
        let retire = maybe(body.field("retireOthers"), |at| at.flag());
        Some(Self {
            secret: Secret::new(secret?),
            others: if retire?.unwrap_or(false) {
                Others::Retire
            } else {
                Others::Keep
            },
        })
    }
}

/// Which secrets go on opening.
#[derive(Debug)]
pub(crate) struct Retirement(pub(crate) Kept);

impl Facts for Retirement {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["keep"]);
        let keep = body.field("keep").required()?;
        one_of(&keep, &Kept::ALL, Kept::as_str).map(Self)
    }
}

fn profile(at: &At<'_>) -> Option<ProfileId> {
    parsed(at, "must be a product profile's id, such as prof_0190…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forwarded::check;

    #[test]
    fn no_secret_is_drawn_here_and_the_fault_says_who_draws_one() {
        let body = r#"{"partnerId":"prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7","environment":"test","name":"n","scopes":[]}"#;
        let (client, faults) = check::of::<NewClient>(body);
        assert_eq!(faults, ["clientSecret: required"]);
        // What was read is not used: there is a fault.
        drop(client);
        let with =
            |more: &str| check::of::<NewClient>(&body.replace("\"scopes\"", &format!("{more},\"scopes\""))).1;
        assert_eq!(with(r#""clientSecret":"s""#), [""; 0]);
        assert_eq!(with(r#""jwks":{"keys":[]}"#), [""; 0]);
    }

    #[test]
    fn a_secret_is_not_in_what_is_printed() {
        let body = r#"{"clientSecret":"s3cret-s3cret","retireOthers":true}"#;
        let (secret, _) = check::of::<NewSecret>(body);
        assert!(!format!("{secret:?}").contains("s3cret"));
        assert_eq!(secret.unwrap().others, Others::Retire);
    }
}
