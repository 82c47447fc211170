//! Operators' tokens: of their own issuer, under the same rules as partners', and good for nothing else.

use app::App;
use app::identity::OperatorIssuer;
use serde::Deserialize;

use super::claims::Claims;
use super::compact::Compact;
use super::refusal::{Reason, Refusal};
use super::signer::Signer;
use super::verify::judge;

/// Who asks at the operators' API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) sub: String,
    pub(crate) iss: String,
    /// The words of the claim `nordbro_role`, known or not.
    pub(crate) roles: Vec<String>,
}

/// What is read beside the claims that every token has.
#[derive(Deserialize)]
struct Roles {
    #[serde(default)]
    nordbro_role: Words,
}

/// One word or several: identity providers write one role either way.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

/// Whose token it is. `trusted` = the operators' issuer.
///
/// # Errors
/// [`Refusal`]: a token of anybody else, a partner's and our own clients' included, is no operator's.
pub(crate) async fn authenticate(
    app: &App,
    trusted: &OperatorIssuer,
    token: &str,
) -> Result<Operator, Refusal> {
    if token.len() > super::bearer::LONGEST {
        return Err(Reason::NotAToken.into());
    }
    let compact = Compact::parse(token)?;
    let claims = Claims::parse(&compact.payload)?;
    if claims.iss != trusted.iss || claims.iss == app.settings().issuer || !claims.aud.contains(&trusted.aud)
    {
        return Err(Reason::Issuer.into());
    }
    // For a partner and for operators at once it is nobody's.
    let partners = app.issuers(&claims.iss).await?;
    if partners.iter().any(|issuer| claims.aud.contains(&issuer.aud)) {
        return Err(Reason::Issuer.into());
    }
    let signer = Signer {
        issuer: None,
        jwks: &trusted.jwks,
        algorithms: &trusted.algorithms,
    };
    let key = signer.key(app, &compact, &claims).await?;
    let now = app.clock().now();
    judge(
        &compact,
        &claims,
        &key,
        now,
        trusted.max_lifetime,
        trusted.demands_at_jwt,
    )?;
    if let Some(jti) = &claims.jti
        && app.is_operator_revoked(&claims.iss, jti).await?
    {
        return Err(Reason::Revoked.into());
    }
    let roles: Roles = serde_json::from_slice(&compact.payload).map_err(|_| Reason::Claims)?;
    Ok(Operator {
        sub: claims.sub,
        iss: claims.iss,
        roles: match roles.nordbro_role {
            Words::One(role) => vec![role],
            Words::Several(roles) => roles,
        },
    })
}
