//! The key of a token among those that its issuer publishes.

use app::registry::Jwks;
use app::{App, Error};
use domain::IssuerId;

use super::claims::Claims;
use super::compact::Compact;
use super::keys::{Found, PublicKey, find};
use super::refusal::{Reason, Refusal};

/// An issuer, as far as its keys go.
pub(super) struct Signer<'a> {
    /// Absent = the operators'.
    pub(super) issuer: Option<IssuerId>,
    pub(super) jwks: &'a Jwks,
    pub(super) algorithms: &'a [String],
}

impl Signer<'_> {
    /// The key that a token names. One that is not in the set is refused only when the set is newer than the token:
    /// a key may have been published since, and until it can be asked for the token is not judged.
    pub(super) async fn key(
        &self,
        app: &App,
        compact: &Compact<'_>,
        claims: &Claims,
    ) -> Result<PublicKey, Refusal> {
        let kid = compact.header.kid.as_deref();
        let source = app.issuer_keys(self.issuer, self.jwks, None).await?;
        let source = source.ok_or(Reason::Key)?;
        if let Found::Key(key) = find(&source.set, kid, self.algorithms)? {
            return Ok(key);
        }
        let newer = app
            .issuer_keys(self.issuer, self.jwks, Some(source.fetch))
            .await?;
        let newest = match newer {
            None => source,
            Some(newer) => {
                if let Found::Key(key) = find(&newer.set, kid, self.algorithms)? {
                    return Ok(key);
                }
                newer
            }
        };
        if newest.knows_of(claims.issued_at()) {
            Err(Reason::Key.into())
        } else {
            Err(Refusal::Unjudged(Error::Unavailable))
        }
    }
}
