//! Those who fetch tokens at our own token endpoint.

use std::collections::BTreeSet;

use domain::{ClientId, Environment, Msn, PartnerId, ProfileId, Secret, Violation};
use serde_json::json;
use store::registry::ClientSecret;
use time::Duration;
use uuid::Uuid;

use super::change::{invalid, name, taken};
use super::issuers::{check_jwks, words};
use super::tokens::LONGEST_LIFETIME;
use super::{Client, Part, Standing, page};
use crate::audit::{Actor, Change};
use crate::identity::clients::hash_of;
use crate::{App, Error, Scopes, What};

const RULES: &[(&str, &str, &str)] = &[(
    "uq_clients_name",
    "name",
    "is another client of this partner in this environment",
)];

/// What a client may have, and how it proves itself.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Public keys for `private_key_jwt`.
    pub jwks: Option<String>,
    pub scopes: Scopes,
    /// Absent = all of the partner's sales units.
    pub msns: Option<BTreeSet<Msn>>,
    pub token_lifetime: Duration,
    pub profile: Option<ProfileId>,
}

/// A client to be.
#[derive(Debug, Clone)]
pub struct Add {
    pub partner: PartnerId,
    pub environment: Environment,
    pub name: String,
    pub terms: Terms,
    /// A secret of at least 256 random bits: shown once, kept as a hash. Absent = `private_key_jwt` only.
    pub secret: Option<Secret>,
}

/// # Errors
/// [`Error::Invalid`], naming each field; `NotFound(Partner)`, `NotFound(Profile)`.
pub async fn add(app: &App, by: &Actor, add: Add) -> Result<Client, Error> {
    let mut violations = faults(add.terms.jwks.as_deref(), add.terms.token_lifetime);
    if add.secret.is_none() && add.terms.jwks.is_none() {
        violations.push(Violation::new(
            "jwks",
            "required",
            "or a secret is needed: the client has to prove itself",
        ));
    }
    if let Some(secret) = &add.secret {
        violations.extend(check_secret(secret));
    }
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let now = app.clock().now();
    let client = Client {
        id: ClientId::from_uuid(app.clock().new_id()),
        partner: add.partner,
        environment: add.environment,
        name: name("name", &add.name)?,
        jwks: add.terms.jwks,
        scopes: words(&add.terms.scopes),
        msns: add.terms.msns,
        token_lifetime: add.terms.token_lifetime,
        profile: add.terms.profile,
        state: Standing::Active,
        created_at: now,
        updated_at: now,
    };
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    if tx.system().find_partner(client.partner).await?.is_none() {
        return Err(Error::NotFound(What::Partner));
    }
    demand_profile(&tx, &client).await?;
    registry
        .add_client(&client)
        .await
        .map_err(|error| taken(error, RULES))?;
    if let Some(secret) = add.secret {
        registry.add_client_secret(&client, &hashed(app, &secret)).await?;
    }
    app.changed(tx, by, &[Change::added(&client)]).await?;
    Ok(client)
}

pub async fn list(app: &App, partner: Option<PartnerId>) -> Result<Vec<Client>, Error> {
    let reader = app.store().read_system("client list");
    Ok(reader.system().list_clients(partner, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    partner: Option<PartnerId>,
    after: Option<ClientId>,
    limit: u32,
) -> Result<(Vec<Client>, Option<ClientId>), Error> {
    let reader = app.store().read_system("client page");
    let part = page::part(after.map(ClientId::uuid), limit);
    let found = reader.system().list_clients(partner, part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(Client)`.
pub async fn show(app: &App, id: ClientId) -> Result<Client, Error> {
    let reader = app.store().read_system("client show");
    reader
        .system()
        .find_client(id)
        .await?
        .ok_or(Error::NotFound(What::Client))
}

/// What changes; absent = stays. An inner `None`: no keys, all of the partner's sales units, no product.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub jwks: Option<Option<String>>,
    pub scopes: Option<Scopes>,
    pub msns: Option<Option<BTreeSet<Msn>>>,
    pub token_lifetime: Option<Duration>,
    pub profile: Option<Option<ProfileId>>,
}

impl From<Terms> for Changes {
    fn from(terms: Terms) -> Self {
        Self {
            jwks: Some(terms.jwks),
            scopes: Some(terms.scopes),
            msns: Some(terms.msns),
            token_lifetime: Some(terms.token_lifetime),
            profile: Some(terms.profile),
        }
    }
}

/// Gives a client new terms. Its name, partner and environment stay.
///
/// # Errors
/// [`Error::Invalid`]; `NotFound(Client)`, `NotFound(Profile)`.
pub async fn set(
    app: &App,
    by: &Actor,
    id: ClientId,
    changes: impl Into<Changes> + Send,
) -> Result<Client, Error> {
    let changes = changes.into();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_client(id).await?;
    let before = found.ok_or(Error::NotFound(What::Client))?;
    let mut client = before.clone();
    if let Some(jwks) = changes.jwks {
        client.jwks = jwks;
    }
    if let Some(scopes) = changes.scopes {
        client.scopes = words(&scopes);
    }
    if let Some(msns) = changes.msns {
        client.msns = msns;
    }
    if let Some(token_lifetime) = changes.token_lifetime {
        client.token_lifetime = token_lifetime;
    }
    if let Some(profile) = changes.profile {
        client.profile = profile;
    }
    let violations = faults(client.jwks.as_deref(), client.token_lifetime);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    client.updated_at = app.clock().now();
    demand_profile(&tx, &client).await?;
    registry.save_client(&client).await?;
    app.changed(tx, by, &[Change::set(&before, &client)]).await?;
    Ok(client)
}

/// Which of a client's secrets stay when a new one is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Both open until the client has changed over.
    Keep,
    /// Only the new one opens.
    Retire,
}

/// Adds a secret to a client.
///
/// # Errors
/// [`Error::Invalid`] when it has less than 256 bits; `NotFound(Client)`.
pub async fn add_secret(
    app: &App,
    by: &Actor,
    id: ClientId,
    secret: &Secret,
    others: Others,
) -> Result<(), Error> {
    if let Some(violation) = check_secret(secret) {
        return Err(Error::Invalid(vec![violation]));
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_client(id).await?;
    let client = found.ok_or(Error::NotFound(What::Client))?;
    let hashed = hashed(app, secret);
    registry.add_client_secret(&client, &hashed).await?;
    match others {
        Others::Keep => {}
        Others::Retire => {
            registry.retire_client_secrets(&client, Some(hashed.id)).await?;
        }
    }
    let after = json!({ "secretId": hashed.id.to_string(), "othersRetired": others == Others::Retire });
    let change = Change::of(&client, "add_secret", serde_json::Value::Null, after);
    app.changed(tx, by, &[change]).await
}

/// Which of a client's secrets go on opening when it has changed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The one that was added last.
    Newest,
    /// None: the client proves itself with its keys.
    Nothing,
}

impl Kept {
    pub const ALL: [Self; 2] = [Self::Newest, Self::Nothing];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Nothing => "none",
        }
    }
}

/// Ends secrets of a client that has changed over to its newest one, or to its keys. No other is drawn.
///
/// # Errors
/// [`Error::Invalid`] when nothing would be left to open with, or nothing is there to end; `NotFound(Client)`.
pub async fn retire_secrets(app: &App, by: &Actor, id: ClientId, kept: Kept) -> Result<Client, Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_client(id).await?;
    let client = found.ok_or(Error::NotFound(What::Client))?;
    let secrets = tx.system().client_secrets(id).await?;
    let keep = match (kept, secrets.as_slice()) {
        (_, []) => return Err(cannot_retire("would end nothing: the client has no secret")),
        (Kept::Newest, [_]) => {
            return Err(cannot_retire(
                "would leave nothing to open with: the client has one secret; add a new one, let the client change \
                 over to it, and retire then",
            ));
        }
        (Kept::Newest, [.., newest]) => Some(newest.id),
        (Kept::Nothing, _) if client.jwks.is_none() => {
            return Err(cannot_retire(
                "would leave nothing to open with: the client has no keys (jwks)",
            ));
        }
        (Kept::Nothing, _) => None,
    };
    let retired = registry.retire_client_secrets(&client, keep).await?;
    let after = json!({ "retired": retired, "kept": keep.map(|id| id.to_string()) });
    let change = Change::of(&client, "retire_secrets", serde_json::Value::Null, after);
    app.changed(tx, by, &[change]).await?;
    Ok(client)
}

fn cannot_retire(message: &str) -> Error {
    invalid("keep", "secrets", message)
}

/// Suspends or reactivates: while it is suspended its tokens are refused.
///
/// # Errors
/// `NotFound(Client)`.
pub async fn stand(app: &App, by: &Actor, id: ClientId, state: Standing) -> Result<Client, Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_client(id).await?;
    let before = found.ok_or(Error::NotFound(What::Client))?;
    let after = Client {
        state,
        updated_at: app.clock().now(),
        ..before.clone()
    };
    registry.save_client(&after).await?;
    app.changed(tx, by, &[Change::set(&before, &after)]).await?;
    Ok(after)
}

/// The client's tokens end at once.
///
/// # Errors
/// `NotFound(Client)`.
pub async fn remove(app: &App, by: &Actor, id: ClientId) -> Result<(), Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_client(id).await?;
    let client = found.ok_or(Error::NotFound(What::Client))?;
    match registry.remove_client(id).await {
        Ok(()) => app.changed(tx, by, &[Change::removed(&client)]).await,
        Err(store::Error::Stale) => Err(Error::NotFound(What::Client)),
        Err(error) => Err(error.into()),
    }
}

fn hashed(app: &App, secret: &Secret) -> ClientSecret {
    let id: Uuid = app.clock().new_id();
    ClientSecret {
        id,
        hash: hash_of(app, secret.reveal()),
        created_at: app.clock().now(),
    }
}

async fn demand_profile(tx: &store::SystemTx, client: &Client) -> Result<(), Error> {
    let Some(profile) = client.profile else {
        return Ok(());
    };
    let found = tx.system().find_profile(profile).await?;
    if found
        .is_some_and(|profile| profile.partner == client.partner && profile.environment == client.environment)
    {
        Ok(())
    } else {
        Err(Error::NotFound(What::Profile))
    }
}

fn faults(jwks: Option<&str>, token_lifetime: Duration) -> Vec<Violation> {
    let mut violations: Vec<_> = jwks
        .into_iter()
        .filter_map(|set| check_jwks("jwks", set))
        .collect();
    if token_lifetime < Duration::SECOND || token_lifetime > LONGEST_LIFETIME {
        violations.push(Violation::new(
            "tokenLifetime",
            "range",
            "must be 1 second to 24 hours",
        ));
    }
    violations
}

/// 256 random bits take 43 characters of base64 or 64 of hexadecimal.
fn check_secret(secret: &Secret) -> Option<Violation> {
    let text = secret.reveal();
    let is_long = (43..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_long {
        return None;
    }
    Some(Violation::new(
        "secret",
        "format",
        "must be at least 256 random bits: 43 to 255 printable characters without spaces",
    ))
}
