//! Tokens that were verified, so that their signatures are not checked on every request.

use std::collections::HashSet;
use std::sync::Arc;

use moka::future::Cache;
use uuid::Uuid;

use super::Identity;
use crate::{App, Error};

/// By (SHA-256 of the token, version of the registry): what revokes a token raises the version.
pub(super) type Verified = Cache<([u8; 32], i64), Arc<Identity>>;

/// Signer and `jti` of revoked tokens, by the version of the registry. They are an operator's acts, and forgotten
/// when they have expired, so there are few.
pub(super) type Revoked = Cache<i64, Arc<HashSet<(Uuid, String)>>>;

impl App {
    /// Whether one token of this signer (an issuer, or a client of our own) was taken back. `version` is the
    /// registry's from before the token was looked at.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_revoked(&self, version: i64, signer: Uuid, jti: &str) -> Result<bool, Error> {
        let revoked = if let Some(revoked) = self.identities().revoked.get(&version).await {
            revoked
        } else {
            let reader = self.store().read_system("revoked tokens");
            let revoked = reader.system().revoked_tokens(self.now()).await?;
            let revoked = Arc::new(HashSet::from_iter(revoked));
            self.identities()
                .revoked
                .insert(version, Arc::clone(&revoked))
                .await;
            revoked
        };
        Ok(!revoked.is_empty() && revoked.contains(&(signer, jti.to_owned())))
    }

    /// What a token was found to stand for, while it is good.
    pub async fn verified_token(&self, hash: [u8; 32], version: i64) -> Option<Arc<Identity>> {
        let identity = self.identities().tokens.get(&(hash, version)).await?;
        (self.clock().now() < identity.good_until).then_some(identity)
    }

    /// Keeps what a verified token stands for. `version` is the registry's from before it was verified.
    pub async fn keep_verified_token(&self, hash: [u8; 32], version: i64, identity: Arc<Identity>) {
        self.identities().tokens.insert((hash, version), identity).await;
    }
}
