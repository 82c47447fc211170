//! Our own access tokens (RFC 9068).

use std::collections::BTreeSet;

use app::identity::clients::KnownClient;
use app::{App, Scopes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Msn;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use time::Duration;
use zeroize::Zeroizing;

use super::super::own_keys;
use super::answer::Fault;

/// What is asked for, within the client's ceiling.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Words separated by spaces; absent = all that the client may have.
    pub scope: Option<&'a str>,
    /// Sales units to narrow the token to; absent = all that the client may reach.
    pub msns: Option<&'a BTreeSet<Msn>>,
}

/// A token as it is handed out.
#[derive(Clone)]
pub struct Issued {
    pub token: String,
    /// The claim `jti`.
    pub id: String,
    pub expires_in: Duration,
    /// What was granted, in words separated by spaces.
    pub scope: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    jti: &'a str,
    iat: i64,
    exp: i64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    msns: Option<Vec<&'a str>>,
}

/// Issues a token to a client that has proven itself.
///
/// # Errors
/// `invalid_scope` for a scope the client may not have; unavailable.
pub async fn issue(app: &App, client: &KnownClient, grant: Grant<'_>) -> Result<Issued, Fault> {
    let scope = granted(grant.scope, &client.scopes)?;
    let keys = own_keys::keys(app).await?;
    let key = keys.current().ok_or(Fault::Unavailable)?;
    let lifetime = client.client.token_lifetime;
    let now = app.clock().now();
    let id = client.client.id.to_string();
    let jti = app.clock().new_id().simple().to_string();
    let claims = Claims {
        iss: &app.settings().issuer,
        aud: &app.settings().issuer,
        sub: &id,
        client_id: &id,
        jti: &jti,
        iat: now.unix_timestamp(),
        exp: (now + lifetime).unix_timestamp(),
        scope: &scope,
        msns: grant.msns.map(|msns| msns.iter().map(Msn::as_str).collect()),
    };
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(key.kid.clone());
    let private = Zeroizing::new(
        STANDARD
            .decode(key.private.reveal())
            .map_err(|_| Fault::Internal)?,
    );
    let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&private))
        .map_err(|_| Fault::Internal)?;
    Ok(Issued {
        token,
        id: jti,
        expires_in: lifetime,
        scope,
    })
}

/// Asking for more than the ceiling is refused rather than cut down, so that a client learns it at once.
fn granted(asked: Option<&str>, ceiling: &Scopes) -> Result<String, Fault> {
    let scopes = match asked {
        None => ceiling.clone(),
        Some(words) => {
            let mut scopes = Vec::new();
            for word in words.split_ascii_whitespace() {
                let scope = word.parse().map_err(|_| Fault::InvalidScope)?;
                if !ceiling.contains(scope) {
                    return Err(Fault::InvalidScope);
                }
                scopes.push(scope);
            }
            scopes.into_iter().collect()
        }
    };
    let words: Vec<_> = scopes.iter().map(app::Scope::as_str).collect();
    Ok(words.join(" "))
}
