//! Who may sign tokens for a partner.

use std::collections::BTreeSet;

use domain::{Environment, IssuerId, Msn, PartnerId, Violation};
use time::Duration;
use url::Url;

use super::change::taken;
use super::tokens::LONGEST_LIFETIME;
use super::{Issuer, Jwks, Part, Standing, page};
use crate::audit::{Actor, Change};
use crate::{App, Error, Scopes, What};

const RULES: &[(&str, &str, &str)] = &[(
    "uq_issuers_iss_aud",
    "iss",
    "is registered with this audience already; (iss, aud) belongs to one partner in one environment",
)];

/// The algorithms that are taken at all. No HMAC, no `none`: the key decides, never the token.
pub const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// What may be granted, and how.
#[derive(Debug, Clone)]
pub struct Terms {
    pub jwks: Jwks,
    /// A subset of [`ALGORITHMS`].
    pub algorithms: Vec<String>,
    pub scopes: Scopes,
    /// Absent = all of the partner's sales units.
    pub msns: Option<BTreeSet<Msn>>,
    pub max_lifetime: Duration,
    pub demands_at_jwt: bool,
}

/// An issuer to be.
#[derive(Debug, Clone)]
pub struct Add {
    pub partner: PartnerId,
    pub environment: Environment,
    pub iss: String,
    pub aud: String,
    pub terms: Terms,
}

/// # Errors
/// [`Error::Invalid`], naming each field; `NotFound(Partner)`.
pub async fn add(app: &App, by: &Actor, add: Add) -> Result<Issuer, Error> {
    let terms = &add.terms;
    let mut violations = trust_faults(&terms.jwks, &terms.algorithms, terms.max_lifetime);
    violations.extend(name_faults(&add.iss, &add.aud));
    if add.iss == app.settings().issuer {
        violations.push(Violation::new("iss", "reserved", "is this gateway's own issuer"));
    }
    let operators = app.settings().operators.as_ref();
    if operators.is_some_and(|operators| operators.is(&add.iss, &add.aud)) {
        let message = "is the operators' own audience of this issuer";
        violations.push(Violation::new("aud", "reserved", message));
    }
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let now = app.clock().now();
    let issuer = Issuer {
        id: IssuerId::from_uuid(app.clock().new_id()),
        partner: add.partner,
        environment: add.environment,
        iss: add.iss,
        aud: add.aud,
        jwks: add.terms.jwks,
        algorithms: add.terms.algorithms,
        scopes: words(&add.terms.scopes),
        msns: add.terms.msns,
        max_lifetime: add.terms.max_lifetime,
        demands_at_jwt: add.terms.demands_at_jwt,
        state: Standing::Active,
        created_at: now,
        updated_at: now,
    };
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    if tx.system().find_partner(issuer.partner).await?.is_none() {
        return Err(Error::NotFound(What::Partner));
    }
    registry
        .add_issuer(&issuer)
        .await
        .map_err(|error| taken(error, RULES))?;
    app.changed(tx, by, &[Change::added(&issuer)]).await?;
    Ok(issuer)
}

pub async fn list(app: &App, partner: Option<PartnerId>) -> Result<Vec<Issuer>, Error> {
    let reader = app.store().read_system("issuer list");
    Ok(reader.system().list_issuers(partner, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    partner: Option<PartnerId>,
    after: Option<IssuerId>,
    limit: u32,
) -> Result<(Vec<Issuer>, Option<IssuerId>), Error> {
    let reader = app.store().read_system("issuer page");
    let part = page::part(after.map(IssuerId::uuid), limit);
    let found = reader.system().list_issuers(partner, part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(Issuer)`.
pub async fn show(app: &App, id: IssuerId) -> Result<Issuer, Error> {
    let reader = app.store().read_system("issuer show");
    reader
        .system()
        .find_issuer(id)
        .await?
        .ok_or(Error::NotFound(What::Issuer))
}

/// What changes; absent = stays. The inner `None` of `msns` is all of the partner's sales units.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub jwks: Option<Jwks>,
    pub algorithms: Option<Vec<String>>,
    pub scopes: Option<Scopes>,
    pub msns: Option<Option<BTreeSet<Msn>>>,
    pub max_lifetime: Option<Duration>,
    pub demands_at_jwt: Option<bool>,
}

impl From<Terms> for Changes {
    fn from(terms: Terms) -> Self {
        Self {
            jwks: Some(terms.jwks),
            algorithms: Some(terms.algorithms),
            scopes: Some(terms.scopes),
            msns: Some(terms.msns),
            max_lifetime: Some(terms.max_lifetime),
            demands_at_jwt: Some(terms.demands_at_jwt),
        }
    }
}

/// Gives an issuer new terms. Its (`iss`, `aud`), partner and environment stay.
///
/// # Errors
/// [`Error::Invalid`]; `NotFound(Issuer)`.
pub async fn set(
    app: &App,
    by: &Actor,
    id: IssuerId,
    changes: impl Into<Changes> + Send,
) -> Result<Issuer, Error> {
    let changes = changes.into();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_issuer(id).await?;
    let before = found.ok_or(Error::NotFound(What::Issuer))?;
    let mut issuer = before.clone();
    if let Some(jwks) = changes.jwks {
        issuer.jwks = jwks;
    }
    if let Some(algorithms) = changes.algorithms {
        issuer.algorithms = algorithms;
    }
    if let Some(scopes) = changes.scopes {
        issuer.scopes = words(&scopes);
    }
    if let Some(msns) = changes.msns {
        issuer.msns = msns;
    }
    if let Some(max_lifetime) = changes.max_lifetime {
        issuer.max_lifetime = max_lifetime;
    }
    if let Some(demands_at_jwt) = changes.demands_at_jwt {
        issuer.demands_at_jwt = demands_at_jwt;
    }
    let violations = trust_faults(&issuer.jwks, &issuer.algorithms, issuer.max_lifetime);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    issuer.updated_at = app.clock().now();
    registry.save_issuer(&issuer).await?;
    app.changed(tx, by, &[Change::set(&before, &issuer)]).await?;
    Ok(issuer)
}

/// Suspends or reactivates: while it is suspended its tokens are refused.
///
/// # Errors
/// `NotFound(Issuer)`.
pub async fn stand(app: &App, by: &Actor, id: IssuerId, state: Standing) -> Result<Issuer, Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_issuer(id).await?;
    let before = found.ok_or(Error::NotFound(What::Issuer))?;
    let after = Issuer {
        state,
        updated_at: app.clock().now(),
        ..before.clone()
    };
    registry.save_issuer(&after).await?;
    app.changed(tx, by, &[Change::set(&before, &after)]).await?;
    Ok(after)
}

/// Its tokens are refused from now on.
///
/// # Errors
/// `NotFound(Issuer)`.
pub async fn remove(app: &App, by: &Actor, id: IssuerId) -> Result<(), Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_issuer(id).await?;
    let issuer = found.ok_or(Error::NotFound(What::Issuer))?;
    match registry.remove_issuer(id).await {
        Ok(()) => app.changed(tx, by, &[Change::removed(&issuer)]).await,
        Err(store::Error::Stale) => Err(Error::NotFound(What::Issuer)),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn words(scopes: &Scopes) -> Vec<String> {
    scopes.iter().map(|scope| scope.as_str().to_owned()).collect()
}

/// What is wrong with the names by which tokens are told apart.
pub(crate) fn name_faults(iss: &str, aud: &str) -> Vec<Violation> {
    let is_name =
        |value: &str| !value.is_empty() && value.len() <= 255 && !value.chars().any(char::is_control);
    [("iss", iss), ("aud", aud)]
        .into_iter()
        .filter(|(_, value)| !is_name(value))
        .map(|(field, _)| Violation::new(field, "format", "must be 1 to 255 characters"))
        .collect()
}

/// What is wrong with the keys, the algorithms and the longest life of whoever is to be believed.
pub(crate) fn trust_faults(jwks: &Jwks, algorithms: &[String], max_lifetime: Duration) -> Vec<Violation> {
    let mut violations = Vec::new();
    match jwks {
        Jwks::Url(url) => {
            if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host()) {
                violations.push(Violation::new("jwksUrl", "format", "must be an https URL"));
            }
        }
        Jwks::Inline(set) => violations.extend(check_jwks("jwks", set)),
    }
    if algorithms.is_empty() || !algorithms.iter().all(|name| ALGORITHMS.contains(&name.as_str())) {
        violations.push(Violation::new(
            "algorithms",
            "enum",
            "must be some of RS256, PS256, ES256 and EdDSA",
        ));
    }
    if max_lifetime <= Duration::ZERO || max_lifetime > LONGEST_LIFETIME {
        violations.push(Violation::new(
            "maxLifetime",
            "range",
            "must be above 0 and at most 24 hours",
        ));
    }
    violations
}

/// A JWK set of at least one public key, and of no private or shared one: those do not belong here.
pub(super) fn check_jwks(field: &str, set: &str) -> Option<Violation> {
    let fault = |message| Some(Violation::new(field, "format", message));
    let Ok(parsed) = serde_json::from_str::<serde_json::Value>(set) else {
        return fault("must be a JWK set in JSON");
    };
    let Some(keys) = parsed.get("keys").and_then(serde_json::Value::as_array) else {
        return fault("must be a JWK set: an object with the array `keys`");
    };
    if keys.is_empty() {
        return fault("must hold at least one key");
    }
    let is_secret = |key: &serde_json::Value| key.get("d").is_some() || key.get("k").is_some();
    if keys.iter().any(is_secret) {
        return fault("must hold public keys only; the private half of this one is now known, replace it");
    }
    None
}
