//! How a token is judged.

use std::collections::BTreeSet;

use app::identity::TrustedIssuer;
use app::registry::tokens::LONGEST_LIFETIME;
use app::{App, Error, Identity, Scopes};
use domain::{ClientId, Environment, Msn, PartnerId, ProfileId};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::claims::Claims;
use super::compact::Compact;
use super::keys::{Found, PublicKey, find};
use super::own_keys;
use super::refusal::{Reason, Refusal};

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
    // The key says the algorithm; a token that says another one is not this key's.
    if compact.header.alg != key.signing.as_str() {
        return Err(Reason::Algorithm.into());
    }
    if !key.signed(compact.signed, compact.signature) {
        return Err(Reason::Signature.into());
    }
    if ceiling.demands_at_jwt && !compact.is_access_token() {
        return Err(Reason::Type.into());
    }
    let good_until = claims.check_times(app.clock().now(), ceiling.max_lifetime)?;
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

/// Absent is all; so of two lists what is in both.
fn both(one: Option<BTreeSet<Msn>>, other: Option<BTreeSet<Msn>>) -> Option<BTreeSet<Msn>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
        (Some(only), None) | (None, Some(only)) => Some(only),
        (None, None) => None,
    }
}

async fn foreign(app: &App, compact: &Compact<'_>, claims: &Claims) -> Result<(Ceiling, PublicKey), Refusal> {
    let issuers = app.issuers(&claims.iss).await?;
    let mut meant = issuers.iter().filter(|issuer| claims.aud.contains(&issuer.aud));
    // For two audiences of ours at once it is nobody's: each is another partner's or environment's.
    let (Some(issuer), None) = (meant.next(), meant.next()) else {
        return Err(Reason::Issuer.into());
    };
    let key = key_of(app, issuer, compact.header.kid.as_deref(), claims.issued_at()).await?;
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

/// The key that a token names. One that is not in the set is refused only when the set is newer than the token: a
/// key may have been published since, and until it can be asked for the token is not judged.
async fn key_of(
    app: &App,
    issuer: &TrustedIssuer,
    kid: Option<&str>,
    signed_at: OffsetDateTime,
) -> Result<PublicKey, Refusal> {
    let source = app.issuer_keys(issuer, None).await?.ok_or(Reason::Key)?;
    if let Found::Key(key) = find(&source.set, kid, &issuer.algorithms)? {
        return Ok(key);
    }
    let newest = match app.issuer_keys(issuer, Some(source.fetch)).await? {
        None => source,
        Some(newer) => {
            if let Found::Key(key) = find(&newer.set, kid, &issuer.algorithms)? {
                return Ok(key);
            }
            newer
        }
    };
    if newest.knows_of(signed_at) {
        Err(Reason::Key.into())
    } else {
        Err(Refusal::Unjudged(Error::Unavailable))
    }
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
