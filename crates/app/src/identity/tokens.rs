//! Tokens that were verified, so that their signatures are not checked on every request.

use std::sync::Arc;

use moka::future::Cache;

use super::Identity;
use crate::App;

/// By (SHA-256 of the token, version of the registry): what revokes a token raises the version.
pub(super) type Verified = Cache<([u8; 32], i64), Arc<Identity>>;

impl App {
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
