//! `private_key_jwt`: a client signs a short-lived assertion about itself (RFC 7523, section 3).

use app::App;
use app::identity::assertions::Use;
use app::identity::clients::KnownClient;
use app::registry::issuers::ALGORITHMS;
use time::Duration;

use super::super::claims::Claims;
use super::super::compact::Compact;
use super::super::keys::{Found, find};
use super::answer::Fault;

/// An assertion is for one request; it has to be remembered as long as it lives.
const LONGEST: Duration = Duration::minutes(10);

/// Whom an assertion is about, not yet believed.
pub(super) fn subject(assertion: &str) -> Option<String> {
    let compact = Compact::parse(assertion).ok()?;
    Claims::parse(&compact.payload).ok().map(|claims| claims.sub)
}

/// Whether the assertion is the client's own, about itself, for this endpoint, good now and never used.
pub(super) async fn proves(app: &App, client: &KnownClient, assertion: &str) -> Result<bool, Fault> {
    let Some(claims) = signed_claims(client, assertion) else {
        return Ok(false);
    };
    let id = client.client.id.to_string();
    let issuer = &app.settings().issuer;
    let for_us = claims.aud.contains(issuer) || claims.aud.contains(&format!("{issuer}/oauth/token"));
    if claims.iss != id || claims.sub != id || !for_us {
        return Ok(false);
    }
    let Ok(good_until) = claims.check_times(app.clock().now(), LONGEST) else {
        return Ok(false);
    };
    let Some(jti) = claims.jti.as_deref().filter(|jti| (1..=255).contains(&jti.len())) else {
        return Ok(false);
    };
    Ok(app.use_assertion(client, jti, good_until).await? == Use::First)
}

fn signed_claims(client: &KnownClient, assertion: &str) -> Option<Claims> {
    let set = client.client.jwks.as_deref()?;
    let compact = Compact::parse(assertion).ok()?;
    let allowed = ALGORITHMS.map(str::to_owned);
    let Found::Key(key) = find(set, compact.header.kid.as_deref(), &allowed).ok()? else {
        return None;
    };
    let is_signed =
        compact.header.alg == key.signing.as_str() && key.signed(compact.signed, compact.signature);
    is_signed.then(|| Claims::parse(&compact.payload).ok())?
}
