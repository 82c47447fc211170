//! Assertions of clients (`private_key_jwt`): each is good once.

use domain::clock::TOLERANCE;
use time::OffsetDateTime;

use super::clients::KnownClient;
use crate::{App, Error};

/// Whether an assertion had been used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    First,
    Again,
}

impl App {
    /// Marks an assertion as used until it expires. Its `jti` is kept as a keyed fingerprint.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: then it must not be taken.
    pub async fn use_assertion(
        &self,
        client: &KnownClient,
        jti: &str,
        expires_at: OffsetDateTime,
    ) -> Result<Use, Error> {
        let now = self.clock().now();
        let hashes = self.store().keyring().fingerprints("assertion", jti.as_bytes());
        let tx = self.store().begin_system("client assertion").await?;
        // Another process may think that it is a little earlier, and would take it again.
        tx.system().forget_assertions(now - TOLERANCE).await?;
        // Under a new sealing key the fingerprint is another one; those of older keys count as well.
        for hash in hashes {
            match tx.system().use_assertion(&client.client, &hash, expires_at).await {
                Ok(()) => {}
                Err(store::Error::Duplicate(_)) => return Ok(Use::Again),
                Err(error) => return Err(error.into()),
            }
        }
        tx.commit().await?;
        Ok(Use::First)
    }
}
