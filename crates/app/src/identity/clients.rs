//! Our own clients, and whether a secret is theirs.

use std::sync::Arc;

use domain::ClientId;
use moka::future::Cache;
use store::registry::{Client, PartnerState, Standing};

use crate::{App, Error, Scopes};

/// By (id, version of the registry).
pub(super) type Known = Cache<(ClientId, i64), Arc<KnownClient>>;

/// What fingerprints of client secrets are made for.
const SECRET: &str = "client secret";

/// A client whose partner is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownClient {
    pub client: Client,
    /// The ceiling of scopes.
    pub scopes: Scopes,
    secrets: Vec<String>,
}

/// The keyed hash of a client's secret. It has 256 random bits, so a slow hash would add nothing but load.
pub(crate) fn hash_of(app: &App, secret: &str) -> String {
    app.store().keyring().fingerprint(SECRET, secret.as_bytes())
}

impl App {
    /// A client of our own issuer, unless it or its partner is suspended.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn client(&self, id: ClientId) -> Result<Option<Arc<KnownClient>>, Error> {
        let key = (id, self.registry_version().await?);
        if let Some(known) = self.identities().clients.get(&key).await {
            return Ok(Some(known));
        }
        let reader = self.store().read_system("client of a token");
        let found = reader.system().find_client(id).await?;
        let Some(client) = found.filter(|client| client.state == Standing::Active) else {
            return Ok(None);
        };
        let partner = reader.system().find_partner(client.partner).await?;
        if !partner.is_some_and(|partner| partner.state == PartnerState::Active) {
            return Ok(None);
        }
        let secrets = reader.system().client_secrets(id).await?;
        let known = Arc::new(KnownClient {
            scopes: Scopes::from_claim(&client.scopes.join(" ")),
            secrets: secrets.into_iter().map(|secret| secret.hash).collect(),
            client,
        });
        self.identities().clients.insert(key, Arc::clone(&known)).await;
        Ok(Some(known))
    }

    /// Whether the secret is one of the client's. Every one is compared, whichever matches.
    pub fn is_secret_of(&self, client: &KnownClient, secret: &str) -> bool {
        let keyring = self.store().keyring();
        client
            .secrets
            .iter()
            .filter(|hash| keyring.is_of(hash, SECRET, secret.as_bytes()) == Some(true))
            .count()
            > 0
    }
}
