//! Single tokens that are taken back.

use domain::{ClientId, IssuerId};
use time::Duration;

use super::change::{invalid, taken};
use super::{RevokedOperatorToken, RevokedToken};
use crate::audit::{Actor, Change, Subject as _};
use crate::{App, Error, What};

const RULES: &[(&str, &str, &str)] = &[
    ("pk_revoked_tokens", "jti", "was revoked before"),
    ("pk_revoked_operator_tokens", "jti", "was revoked before"),
];

/// The longest `jti` by which a token can be revoked.
const LONGEST: usize = 255;

/// No token may live longer than this, whoever signs it and whatever its issuer or client is configured to.
pub const LONGEST_LIFETIME: Duration = Duration::hours(24);

/// No token is good for longer than this from now on: the longest life there is, and a minute of skew at both ends.
const KEPT: Duration = Duration::seconds(LONGEST_LIFETIME.whole_seconds() + 120);

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    Issuer(IssuerId),
    /// A client of our own issuer.
    Client(ClientId),
}

/// Ends one token, named by its `jti`.
///
/// # Errors
/// `NotFound(Issuer)`, `NotFound(Client)`; [`Error::Invalid`] for what can be no `jti`, or was revoked before.
pub async fn revoke(app: &App, by: &Actor, signer: Signer, jti: &str) -> Result<RevokedToken, Error> {
    check(jti)?;
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let (partner, environment, signer) = match signer {
        Signer::Issuer(id) => {
            let issuer = tx.system().find_issuer(id).await?;
            let issuer = issuer.ok_or(Error::NotFound(What::Issuer))?;
            (issuer.partner, issuer.environment, id.uuid())
        }
        Signer::Client(id) => {
            let client = tx.system().find_client(id).await?;
            let client = client.ok_or(Error::NotFound(What::Client))?;
            (client.partner, client.environment, id.uuid())
        }
    };
    let token = RevokedToken {
        signer,
        jti: jti.to_owned(),
        partner,
        environment,
        revoked_at: now,
        until: now + KEPT,
    };
    registry.forget_revoked_tokens(now).await?;
    registry
        .revoke_token(&token)
        .await
        .map_err(|error| taken(error, RULES))?;
    let change = Change::of(&token, "revoke", serde_json::Value::Null, token.facts());
    app.changed(tx, by, &[change]).await?;
    Ok(token)
}

/// Ends one token of an operator, named by its `jti`. It is refused from the next request on, in every process.
///
/// # Errors
/// [`Error::Invalid`] for what can be no `jti`, or was revoked before, or while there is no issuer of operators.
pub async fn revoke_operators(app: &App, by: &Actor, jti: &str) -> Result<RevokedOperatorToken, Error> {
    check(jti)?;
    let Some(issuer) = &app.settings().operators else {
        return Err(invalid(
            "operators.issuer",
            "required",
            "is not set, so no token is an operator's",
        ));
    };
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let token = RevokedOperatorToken {
        iss: issuer.iss.clone(),
        jti: jti.to_owned(),
        revoked_at: now,
        until: now + KEPT,
    };
    registry.forget_revoked_operator_tokens(now).await?;
    registry
        .revoke_operator_token(&token)
        .await
        .map_err(|error| taken(error, RULES))?;
    let change = Change::of(&token, "revoke", serde_json::Value::Null, token.facts());
    app.changed(tx, by, &[change]).await?;
    Ok(token)
}

fn check(jti: &str) -> Result<(), Error> {
    if jti.is_empty() || jti.len() > LONGEST || jti.chars().any(char::is_control) {
        return Err(invalid(
            "jti",
            "format",
            "must be 1 to 255 bytes without control characters",
        ));
    }
    Ok(())
}
