//! From a bearer token to an identity.

use std::sync::Arc;

use app::{App, Identity};
use sha2::{Digest, Sha256};

use super::refusal::{Reason, Refusal};
use super::verify::verify;

/// Longer ones are not looked at.
pub(super) const LONGEST: usize = 8 << 10;

/// What a token stands for. Verified once, then remembered by its hash until it expires or the registry
/// changes.
///
/// # Errors
/// [`Refusal`].
pub async fn authenticate(app: &App, token: &str) -> Result<Arc<Identity>, Refusal> {
    if token.len() > LONGEST {
        return Err(Reason::NotAToken.into());
    }
    let hash: [u8; 32] = Sha256::digest(token).into();
    let version = app.registry_version().await?;
    if let Some(identity) = app.verified_token(hash, version).await {
        return Ok(identity);
    }
    let identity = Arc::new(verify(app, token, version).await?);
    app.keep_verified_token(hash, version, Arc::clone(&identity))
        .await;
    Ok(identity)
}
