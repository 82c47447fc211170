//! How a token is judged.

use std::collections::BTreeSet;

use app::registry::tokens::LONGEST_LIFETIME;
use app::{App, Identity, Scopes};
use domain::{ClientId, Environment, Msn, PartnerId, ProfileId};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::claims::Claims;
use super::compact::Compact;
use super::keys::{Found, PublicKey, find};
use super::own_keys;
use super::refusal::{Reason, Refusal};
use super::signer::Signer;

/// What the registry says of whoever signed: the ceiling of the token.
struct Ceiling {
    partner: PartnerId,
    environment: Environment,
    scopes: Scopes,
    msns: Option<BTreeSet<Msn>>,
    profile: Option<ProfileId>,
    max_lifetime: Duration,
    demands_at_jwt: bool,
    /// The issuer, or the client of our own.
    signer: Uuid,
}

/// Judges a token: header, issuer, key, signature, claims, revocation, in this order. `version` is the registry's
/// from before.
pub(super) async fn verify(app: &App, token: &str, version: i64) -> Result<Identity, Refusal> {
    let compact = Compact::parse(token)?;
    let claims = Claims::parse(&compact.payload)?;
    let (ceiling, key) = if claims.iss == app.settings().issuer {
        own(app, &compact, &claims).await?
    } else {
        foreign(app, &compact, &claims).await?
    };
    let good_until = judge(
        &compact,
        &claims,
        &key,
        app.clock().now(),
        ceiling.max_lifetime,
        ceiling.demands_at_jwt,
    )?;
    if let Some(jti) = &claims.jti
        && app.is_revoked(version, ceiling.signer, jti).await?
    {
        return Err(Reason::Revoked.into());
    }
    Ok(Identity {
        partner: ceiling.partner,
        environment: ceiling.environment,
        scopes: Scopes::from_claim(&claims.scope).within(&ceiling.scopes),
        units: both(claims.msns()?, ceiling.msns),
        profile: ceiling.profile,
        subject: claims.sub,
        good_until,
    })
}

/// Judges a token by the key it names: algorithm, signature, type, times. Answers until when it is good.
pub(super) fn judge(
    compact: &Compact<'_>,
    claims: &Claims,
    key: &PublicKey,
    now: OffsetDateTime,
    max_lifetime: Duration,
    demands_at_jwt: bool,
) -> Result<OffsetDateTime, Reason> {
    // The key says the algorithm; a token that says another one is not this key's.
    if compact.header.alg != key.signing.as_str() {
        return Err(Reason::Algorithm);
    }
    if !key.signed(compact.signed, compact.signature) {
        return Err(Reason::Signature);
    }
    if demands_at_jwt && !compact.is_access_token() {
        return Err(Reason::Type);
    }
    claims.check_times(now, max_lifetime)
}

/// Absent is all; so of two lists what is in both.
fn both(one: Option<BTreeSet<Msn>>, other: Option<BTreeSet<Msn>>) -> Option<BTreeSet<Msn>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
        (Some(only), None) | (None, Some(only)) => Some(only),
        (None, None) => None,
    }
}

async fn foreign(app: &App, compact: &Compact<'_>, claims: &Claims) -> Result<(Ceiling, PublicKey), Refusal> {
    // An operator's token is no partner's, whatever else it is for.
    let operators = app.settings().operators.as_ref();
    if operators.is_some_and(|it| it.iss == claims.iss && claims.aud.contains(&it.aud)) {
        return Err(Reason::Issuer.into());
    }
    let issuers = app.issuers(&claims.iss).await?;
    let mut meant = issuers.iter().filter(|issuer| claims.aud.contains(&issuer.aud));
    // For two audiences of ours at once it is nobody's: each is another partner's or environment's.
    let (Some(issuer), None) = (meant.next(), meant.next()) else {
        return Err(Reason::Issuer.into());
    };
    let signer = Signer {
        issuer: Some(issuer.id),
        jwks: &issuer.jwks,
        algorithms: &issuer.algorithms,
    };
    let key = signer.key(app, compact, claims).await?;
    Ok((
        Ceiling {
            partner: issuer.partner,
            environment: issuer.environment,
            scopes: issuer.scopes.clone(),
            msns: issuer.msns.clone(),
            profile: None,
            max_lifetime: issuer.max_lifetime,
            demands_at_jwt: issuer.demands_at_jwt,
            signer: issuer.id.uuid(),
        },
        key,
    ))
}

async fn own(app: &App, compact: &Compact<'_>, claims: &Claims) -> Result<(Ceiling, PublicKey), Refusal> {
    if !claims.aud.contains(&app.settings().issuer) {
        return Err(Reason::Issuer.into());
    }
    let set = own_keys::published(app).await?;
    let kid = compact.header.kid.as_deref().ok_or(Reason::Key)?;
    let Found::Key(key) = find(&set, Some(kid), &["ES256".to_owned()])? else {
        return Err(Reason::Key.into());
    };
    let id: ClientId = claims
        .client_id
        .as_deref()
        .and_then(|id| id.parse().ok())
        .ok_or(Reason::Claims)?;
    let known = app.client(id).await?.ok_or(Reason::Issuer)?;
    Ok((
        Ceiling {
            partner: known.client.partner,
            environment: known.client.environment,
            scopes: known.scopes.clone(),
            msns: known.client.msns.clone(),
            profile: known.client.profile,
            max_lifetime: LONGEST_LIFETIME,
            demands_at_jwt: true,
            signer: id.uuid(),
        },
        key,
    ))
}
